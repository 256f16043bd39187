// The rules for our scripts: a browser runs those of the pages as they are, Node runs those of the tests.
import js from '@eslint/js';
import globals from 'globals';

const rules = {
  'no-var': 'error',
  'prefer-const': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-shadow': ['error', { builtinGlobals: false }],
  'no-control-regex': 'off', // hostile names hold control characters
  // Text from outside enters a page as text only.
  'no-restricted-properties': [
    'error',
    { property: 'innerHTML' },
    { property: 'outerHTML' },
    { property: 'insertAdjacentHTML' },
    { object: 'document', property: 'write' },
  ],
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
};

export default [
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, rules },
  { files: ['src/cli/web/*.js'], languageOptions: { sourceType: 'script', globals: globals.browser } },
  { files: ['**/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
  // Code that runs in the page sees the names of the page's own scripts.
  { files: ['tests/pages/check_pages.mjs'], languageOptions: { globals: { plots: 'readonly', heard: 'readonly' } } },
];
