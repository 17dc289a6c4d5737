// The search and the keyboard of the page about a failed test.
'use strict';

const query = document.getElementById('query');
const errors = document.getElementById('errors');
const found = document.getElementById('found');
const told = found.textContent;
const rows = [...document.querySelectorAll('[data-found]')];
const texts = new Map();

function textOf(row) {
  if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
  return texts.get(row);
}

function search() {
  const words = query.value.toLowerCase().split(/\s+/).filter((word) => word);
  let calls = 0;
  for (const row of rows) {
    const isCall = row.matches('.call');
    const fits = words.every((word) => textOf(row).includes(word));
    const isIn = fits && (!isCall || !errors.checked || row.matches('.error'));
    row.hidden = !isIn;
    if (isCall && isIn) calls += 1;
  }
  const isNarrow = words.length > 0 || errors.checked;
  found.textContent = isNarrow ? `${calls} of the calls here match` : told;
}

query.addEventListener('input', search);
errors.addEventListener('change', search);
document.getElementById('search').addEventListener('submit', (event) => event.preventDefault());

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches('#query');
  if (event.key === '/' && !typing) {
    event.preventDefault();
    query.select();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (event.target.matches('pre')) return;
    event.preventDefault();
    const all = [...document.querySelectorAll('.call:not([hidden]) > summary')];
    const at = all.indexOf(document.activeElement);
    const to = at + (event.key === 'ArrowDown' ? 1 : -1);
    all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
  }
});

document.addEventListener('click', async (event) => {
  if (!event.target.matches('.copy')) return;
  await navigator.clipboard.writeText(event.target.parentElement.querySelector('pre').textContent);
  event.target.textContent = 'Copied';
});
