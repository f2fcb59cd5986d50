import stylistic from '@stylistic/eslint-plugin'
import tseslint from 'typescript-eslint'

// Per-frame loops are written out, because calls and closures cost there.
const hotFiles = ['src/protocol/audio-frame.ts', 'src/ring/*.ts', 'src/session/playout*.ts', 'workers/**/*-loop.ts']

export default tseslint.config(
  { ignores: ['build/', 'node_modules/', 'data/', 'apps/*/dist/'] },
  {
    files: ['**/*.{js,mjs,ts}'],
    extends: [
      stylistic.configs.customize({ indent: 2, quotes: 'single', semi: false, commaDangle: 'never', braceStyle: '1tbs', arrowParens: false })
    ],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@stylistic/space-before-function-paren': ['error', 'always'],
      '@stylistic/max-len': ['error', { code: 140, comments: 100, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
      '@stylistic/member-delimiter-style': ['error', { multiline: { delimiter: 'none' }, singleline: { delimiter: 'comma' } }],
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'avoidEscape' }],
      '@stylistic/max-statements-per-line': 'off',
      '@stylistic/operator-linebreak': 'off',
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/indent': ['error', 2, { SwitchCase: 1, ignoredNodes: ['TSUnionType', 'TSIntersectionType', 'ConditionalExpression'], flatTernaryExpressions: true }],
      '@stylistic/arrow-parens': ['error', 'as-needed'],
      '@stylistic/generator-star-spacing': ['error', { before: true, after: true }],
      '@stylistic/yield-star-spacing': ['error', { before: true, after: true }],
      '@stylistic/quote-props': ['error', 'as-needed'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'The environment is read in src/core/config.ts only.' }]
    }
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50 }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-ignore': true, 'ts-nocheck': true, 'ts-expect-error': { descriptionFormat: '^ -- .+' } }],
      'no-restricted-syntax': ['error',
        { selector: 'TSEnumDeclaration', message: 'A union of texts serves.' },
        { selector: 'PropertyDefinition[accessibility="private"], MethodDefinition[accessibility="private"]', message: 'Use #private.' }
      ]
    }
  },
  { files: hotFiles, rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': 'off',
      // The runner of node:test awaits what it is given.
      '@typescript-eslint/no-floating-promises': ['error', {
        allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] }]
      }],
      'no-restricted-properties': 'off'
    }
  },
  { files: ['src/core/config.ts', 'native-bindings/onnx-runtime.ts', 'scripts/**/*.mjs'], rules: { 'no-restricted-properties': 'off' } }
)
