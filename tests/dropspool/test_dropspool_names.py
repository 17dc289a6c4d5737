import pytest

import dropspool


def test_each_public_name_has_a_home():
    assert set(dropspool.__all__) == set(dropspool._HOMES) == set(dir(dropspool))


def test_what_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'dropspool' has no attribute 'Dropbox'"):
        dropspool.Dropbox  # noqa: B018 -- the attribute is what is asked for
