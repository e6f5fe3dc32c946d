import type { SelectorErrorCode } from '../../errors.ts';
import type { SelectorSource } from '../../selector.ts';

/** A selector that parseSelector() refuses: the error's code, and what its fix says. */
export const REFUSED_SELECTORS: readonly (readonly [SelectorSource, SelectorErrorCode, RegExp])[] = [
  [{}, 'NEITHER', /write matchName/],
  [{ matchName: 'a', matchPattern: 'b' }, 'BOTH', /keep one/],
  [{ matchName: '' }, 'EMPTY', /write a name/],
  [{ matchPattern: '' }, 'EMPTY', /write a pattern/],
  [{ matchName: '*.example.com' }, 'WILDCARD_IN_NAME', /write matchPattern: "\*\.example\.com"/],
  [{ matchName: '.' }, 'EMPTY_LABEL', /matchPattern: "\*"/],
  [{ matchName: 'a..b' }, 'EMPTY_LABEL', /write "a\.b"/],
  [{ matchName: `${'a'.repeat(253)}..` }, 'EMPTY_LABEL', /a\."$/],
  [{ matchPattern: '.*.b' }, 'EMPTY_LABEL', /write "\*\.b"/],
  [{ matchName: 'https://a.example/x' }, 'ILLEGAL_CHARACTER', /write matchName: "a\.example"/],
  [{ matchName: 'a.example:443' }, 'ILLEGAL_CHARACTER', /write matchName: "a\.example"/],
  [{ matchName: ' a.example' }, 'ILLEGAL_CHARACTER', /write matchName: "a\.example"/],
  [{ matchPattern: 'a?.example' }, 'ILLEGAL_CHARACTER', /use only/],
  [{ matchPattern: '[ab].example' }, 'ILLEGAL_CHARACTER', /use only/],
  [{ matchName: 'a\\.b' }, 'ILLEGAL_CHARACTER', /use only/],
  [{ matchName: 'bücher.example' }, 'NOT_ASCII', /xn--bcher-kva\.example/],
  [{ matchPattern: '*.bücher.example' }, 'NOT_ASCII', /"\*\.xn--bcher-kva\.example"/],
  [{ matchName: 'a'.repeat(64) }, 'LABEL_TOO_LONG', /at most 63/],
  [{ matchPattern: `${'a'.repeat(64)}*` }, 'LABEL_TOO_LONG', /at most 63/],
  [{ matchName: 'a.'.repeat(128) }, 'TOO_LONG', /at most 255/],
  [{ matchName: `${'a.'.repeat(126)}aa` }, 'NAME_TOO_LONG', /at most 253/],
];
