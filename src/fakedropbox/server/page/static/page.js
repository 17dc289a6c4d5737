// The keyboard, the marked row, and the buttons of the page; everything else is htmx.
'use strict';

let open = null; // the number of the call that is open

const links = () => [...document.querySelectorAll('#calls tbody a')];
const numberOf = (link) => link.closest('tr').id;

function mark() {
  for (const link of links()) {
    const isOpen = numberOf(link) === open;
    link.closest('tr').classList.toggle('open', isOpen);
    if (isOpen) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

function close() {
  const link = links().find((each) => numberOf(each) === open);
  open = null;
  document.getElementById('call').replaceChildren();
  document.body.classList.remove('detailed');
  mark();
  if (link) link.focus();
}

function step(by) {
  const all = links();
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement);
  const from = at < 0 ? all.findIndex((each) => numberOf(each) === open) : at;
  const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), all.length - 1);
  all[to].focus();
}

document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input, textarea, select');
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && !typing) {
    event.preventDefault();
    document.querySelector('#query, #path')?.select();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (event.target.closest('#call, .panel, select') || links().length === 0) return;
    event.preventDefault();
    step(event.key === 'ArrowDown' ? 1 : -1);
  } else if (event.key === 'Escape' && document.body.classList.contains('detailed')) {
    event.preventDefault();
    close();
  }
});

document.addEventListener('click', async (event) => {
  if (event.target.matches('.close')) close();
  if (event.target.matches('.copy')) {
    const text = event.target.parentElement.querySelector('pre').textContent;
    await navigator.clipboard.writeText(text);
    event.target.textContent = 'Copied';
  }
});

document.querySelector('#search:has(#query)')?.addEventListener('submit', (event) => event.preventDefault());

let focused = null; // the row that had the focus before the list was replaced

document.addEventListener('htmx:beforeSwap', (event) => {
  const row = document.activeElement && document.activeElement.closest('#calls tr');
  focused = event.target.id === 'calls' && row ? row.id : null;
});

document.addEventListener('htmx:afterSwap', (event) => {
  if (event.target.id === 'call') {
    const source = event.detail.requestConfig.elt;
    open = source.closest('#calls tr') ? numberOf(source) : open;
    document.body.classList.add('detailed');
    const isNarrow = getComputedStyle(document.getElementById('calls')).display === 'none';
    if (isNarrow) event.target.focus(); // the list, which had the focus, is hidden
  } else if (focused) {
    const link = document.querySelector(`#${focused} a`);
    if (link) link.focus({ preventScroll: true });
  }
  mark();
});
