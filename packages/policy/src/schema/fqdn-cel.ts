import { type CelRule, cel, either, raw } from './cel.ts';

/*
 * What checkSelectorText says, in CEL. The rules run for each of up to 32,000 entries, so each is short: the API server
 * reckons with a quarter of the expression's length for each character of the text. What is wrong in particular is
 * looked for only in the message. Too costly altogether, and so the operator's to tell: the whole name's octets.
 */

/** One label has at most 63 characters beside its wildcards; free of cost as a pattern of the schema. */
const LABELS = String.raw`^(\**([^.*]\**){0,63}(\.|$))*$`;

/**
 * Longer texts are not repeated in messages: the API server joins all messages in time that grows with the square of
 * their length, and thousands of entries may be wrong.
 */
const QUOTED_MAX = 100;

const ASCII = 'bytes(self).size() == self.size()';
const notAscii = `' is not ASCII; write its punycode form (xn--…)'`;
const wildcard = `' has a wildcard; write matchPattern: "' + self + '"'`;

const bare = `(self.contains('://') ? self.split('://')[1] : self).find(${raw(String.raw`[-\w.*]+`)})`;
const decorated = `self.matches(${raw(String.raw`(?i)^\s*([a-z][-+.a-z0-9]*://)?[-\w.*]+(:[0-9]+)?(/.*)?\s*$`)})`;

function illegal(field: string, allowed: string): string {
  // A backslash stands as in JSON.
  const character = String.raw`self.find(${raw(String.raw`[^\w.*-]`)}).replace('\\', '\\\\')`;
  const fix = either(decorated, `'write ${field}: "' + ${bare} + '"'`, `'use only ${allowed}'`);
  return `' has the character "' + ${character} + '"; ' + (${fix})`;
}

/** In general, also where the text has a line break, which no message may have; and of this text, which is quoted. */
function messages(general: string, particular: string): Pick<CelRule, 'message' | 'messageExpression'> {
  const quoted = `'"' + self + '"' + (${particular})`;
  return { message: general, messageExpression: either(`self.size() <= ${QUOTED_MAX}`, quoted, `'${general}'`) };
}

const EMPTY_LABEL = 'has an empty label; write one dot between labels, and none in front';
const dots: CelRule = {
  rule: `!self.startsWith('.') && !self.contains('..')`,
  ...messages(EMPTY_LABEL, `' ${EMPTY_LABEL}'`),
};

const NAME_CHARACTERS = 'letters, digits, "-", "_" and "."';
const PATTERN_CHARACTERS = `${NAME_CHARACTERS}, and "*"`;

export const matchNameChecks = {
  pattern: LABELS,
  ...cel(
    {
      rule: `!self.matches(${raw(String.raw`[^\w.-]`)})`,
      ...messages(
        `has a character that no name has; use only ${NAME_CHARACTERS}`,
        `self.contains('*') && !self.matches(${raw(String.raw`[^\w.*-]`)}) ? ${wildcard} : ` +
          `!(${ASCII}) ? ${notAscii} : ${illegal('matchName', NAME_CHARACTERS)}`,
      ),
    },
    dots,
  ),
};

export const matchPatternChecks = {
  pattern: LABELS,
  ...cel(
    {
      rule: `!self.matches(${raw(String.raw`[^\w.*-]`)})`,
      ...messages(
        `has a character that no pattern has; use only ${PATTERN_CHARACTERS}`,
        `!(${ASCII}) ? ${notAscii} : ${illegal('matchPattern', PATTERN_CHARACTERS)}`,
      ),
    },
    dots,
  ),
};
