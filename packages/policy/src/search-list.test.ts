import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameToWire, wireToText } from './name.ts';
import { credit, judgeName, type NameRule, type NameVerdict, shorterNames } from './search-list.ts';
import { parseSelector } from './selector.ts';

const SEARCH = ['shop.svc.cluster.local', 'cluster.local', 'eu.corp.example', 'corp.example'].map(nameToWire);
const allow = (matchPattern: string): NameRule => rule(matchPattern, true);
const deny = (matchPattern: string): NameRule => rule(matchPattern, false);

function rule(matchPattern: string, allows: boolean): NameRule {
  return { selector: parseSelector({ matchPattern }), allows, denies: !allows };
}

const shorter = (name: string): string[] => shorterNames(nameToWire(name), SEARCH).map(wireToText);

test('a name may be an expansion by each suffix that it ends in, with something before it', () => {
  assert.deepEqual(shorter('api.shop.svc.cluster.local'), ['api', 'api.shop.svc']);
  assert.deepEqual(shorter('API.Eu.Corp.Example'), ['api', 'api.eu']);
  assert.deepEqual(shorter('corp.example'), []);
  assert.deepEqual(shorter('xcorp.example'), []);
  assert.deepEqual(shorter('a\\004corp.example'), [], 'a suffix begins with a label');
});

describe('where names are filtered', () => {
  const api = allow('api.stripe.com');
  const table: readonly (readonly [name: string, rules: readonly NameRule[], verdict: NameVerdict])[] = [
    ['api.stripe.com', [api], 'allowed'],
    ['api.stripe.com.corp.example', [api], 'expansion'],
    ['api.stripe.com.other.example', [api], 'unselected'],
    ['api.stripe.com.corp.example', [allow('*.stripe.com')], 'unselected'],
    ['api.stripe.com.corp.example', [api, deny('*.stripe.com')], 'denied'],
    ['api.stripe.com.corp.example', [deny('api.stripe.com')], 'denied'],
    ['api.eu.corp.example', [allow('api.eu'), deny('api')], 'denied'],
    ['api.stripe.com.cluster.local', [allow('**.cluster.local'), deny('*.stripe.com')], 'allowed'],
    ['api.stripe.com.corp.example', [deny('**.corp.example'), api], 'denied'],
  ];
  for (const [name, rules, verdict] of table) {
    test(`${name} is ${verdict} by ${rules.map(({ selector, allows }) => `${allows ? '' : 'no '}${selector.text}`).join(', ')}`, () => {
      assert.equal(judgeName(nameToWire(name), rules, SEARCH), verdict);
    });
  }
});

describe('an answer to api.stripe.com.cluster.local counts', () => {
  const rules = [allow('**.cluster.local'), allow('*.stripe.com')];
  const counts = (target: string | undefined, of: readonly NameRule[] = rules): readonly [string, ...string[]] => {
    const question = nameToWire('api.stripe.com.Cluster.local');
    const { name, rules: taught } = credit(question, target === undefined ? undefined : nameToWire(target), of, SEARCH);
    return [wireToText(name), ...taught.map(({ selector }) => selector.text)];
  };
  const question = 'api.stripe.com.cluster.local';

  test('for the question where no CNAME, or another, goes from it', () => {
    for (const target of [undefined, 'stripe.com', 'api.stripe.com.cluster', 'x.api.stripe.com']) {
      assert.deepEqual(counts(target), [question, '**.cluster.local']);
    }
  });

  test('for the name without the suffix where the CNAME goes there', () => {
    assert.deepEqual(counts('API.stripe.com'), ['api.stripe.com', '*.stripe.com']);
  });

  test('by the rules of the question where none selects the shorter name', () => {
    assert.deepEqual(counts('api.stripe.com', [allow('**.cluster.local')]), ['api.stripe.com', '**.cluster.local']);
  });

  test('for the deny alone where one selects the shorter name', () => {
    assert.deepEqual(counts('api.stripe.com', [...rules, deny('api.*.com')]), ['api.stripe.com', 'api.*.com']);
  });
});
