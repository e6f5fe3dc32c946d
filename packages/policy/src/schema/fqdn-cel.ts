import { type CelRule, cel, either, raw } from './cel.ts';

/*
 * What checkSelectorText says, in CEL. The rules run for each of up to 32,000 entries, so each is short: the API server
 * reckons with a quarter of the expression's length for each character of the text. What is wrong in particular is
 * looked for only in the message. Too costly altogether, and so the operator's to tell: the whole name's octets.
 */

/** One label has at most 63 characters beside its wildcards; free of cost as a pattern of the schema. */
const LABELS = String.raw`^(\**([^.*]\**){0,63}(\.|$))*$`;

const quoted = `'"' + self + '"'`;
const bare = `(self.contains('://') ? self.split('://')[1] : self).find(${raw(String.raw`[-\w.*]+`)})`;
const decorated = `self.matches(${raw(String.raw`(?i)^\s*([a-z][-+.a-z0-9]*://)?[-\w.*]+(:[0-9]+)?(/.*)?\s*$`)})`;

function illegal(field: string, allowed: string): string {
  // A backslash stands as in JSON.
  const character = String.raw`self.find(${raw(String.raw`[^\w.*-]`)}).replace('\\', '\\\\')`;
  const fix = either(decorated, `'write ${field}: "' + ${bare} + '"'`, `'use only ${allowed}'`);
  return `${quoted} + ' has the character "' + ${character} + '"; ' + (${fix})`;
}

const ASCII = 'bytes(self).size() == self.size()';
const notAscii = `${quoted} + ' is not ASCII; write its punycode form (xn--…)'`;
const wildcard = `${quoted} + ' has a wildcard; write matchPattern: "' + self + '"'`;

const dots: CelRule = {
  rule: `!self.startsWith('.') && !self.contains('..')`,
  message: 'has an empty label; write one dot between labels, and none in front',
  messageExpression: `${quoted} + ' has an empty label; write one dot between labels, and none in front'`,
};

export const matchNameChecks = {
  pattern: LABELS,
  ...cel(
    {
      rule: `!self.matches(${raw(String.raw`[^\w.-]`)})`,
      message: 'has a character that no name has; use only letters, digits, "-", "_" and "."',
      messageExpression:
        `self.contains('*') && !self.matches(${raw(String.raw`[^\w.*-]`)}) ? ${wildcard} : ` +
        `!(${ASCII}) ? ${notAscii} : ${illegal('matchName', 'letters, digits, "-", "_" and "."')}`,
    },
    dots,
  ),
};

export const matchPatternChecks = {
  pattern: LABELS,
  ...cel(
    {
      rule: `!self.matches(${raw(String.raw`[^\w.*-]`)})`,
      message: 'has a character that no pattern has; use only letters, digits, "-", "_" and ".", and "*"',
      messageExpression: `!(${ASCII}) ? ${notAscii} : ${illegal('matchPattern', 'letters, digits, "-", "_" and ".", and "*"')}`,
    },
    dots,
  ),
};
