/** A hostile or odd input, by its number in docs/adversarial.md, and the tests that hold it. */
export interface Case {
  readonly number: number;
  readonly behaviour: string;
  /** `file: a part of the test's name`; a file without a folder is one of packages/datapath/test/packets. */
  readonly tests: readonly string[];
  /** What has no test yet: what it waits for. */
  readonly due?: string;
}

const ends = 'answer-ends.test.ts';
const names = 'answer-names.test.ts';
const transport = 'answer-transport.test.ts';
const wrong = 'answer-wrong.test.ts';
const answer = 'answer.test.ts';
const query = 'query.test.ts';
const wildcard = 'wildcard.test.ts';
const autopath = 'autopath.test.ts';
const connection = 'connection.test.ts';
const cut = 'cut.test.ts';
const fragment = 'fragment.test.ts';
const streamIn = 'stream-in.test.ts';
const streamOut = 'stream-out.test.ts';
const expansion = 'expansion.test.ts';
const streamHostile = 'stream-hostile.test.ts';
const streamRandom = 'stream-random.test.ts';
const overTcp = 'e2e/test/dns-over-tcp.test.ts';
const match = 'packages/datapath/test/name-match.test.ts';
const idle = 'packages/datapath/test/idle.test.ts';
const shapes = 'packages/datapath/test/shapes.test.ts';
const sweep = 'packages/datapath/test/sweep.test.ts';
const hostile = 'e2e/test/hostile.test.ts';

function at(number: number, behaviour: string, ...tests: readonly string[]): Case {
  return { number, behaviour, tests };
}

export const CASES: readonly Case[] = [
  at(1, 'a payload shorter than a DNS header', `${transport}: no octet count under a DNS header`),
  at(2, 'a pointer to itself', `${wrong}: an owner pointing to itself`),
  at(3, 'two pointers that lead to each other', `${names}: two pointers that lead to each other`),
  at(4, 'a pointer forward', `${wrong}: an owner pointing forward`),
  at(5, 'a pointer into the header', `${wrong}: an owner pointing into the header`),
  at(6, 'a pointer past the end, or cut', `${wrong}: an owner pointing past the end`, `${names}: one octet is left`),
  at(7, 'a legal chain of six pointers', `${names}: a backward chain of six pointers`),
  at(8, 'long chains under many records', `${names}: end at the message`, `${names}: more jumps than we follow`),
  at(9, 'label types 01 and 10', `${names}: label type 01`, `${wrong}: label type 10`),
  at(10, 'a label past the end', `${names}: a label past the end`),
  at(11, 'names of 255 and of 256 octets', `${names}: 255 octets`, `${names}: an owner of 256 octets`),
  at(12, '127 labels of one octet', `${names}: 127 labels`, `${match}: a pattern at every one of 127 labels`),
  at(13, 'NUL, dot or escape inside a label', `${names}: inside a label is never a separator`),
  at(14, 'mixed case, octets over 127', `${answer}: whatever case`, `${names}: only ASCII letters are folded`),
  at(15, 'the root', `${names}: the root`, `${names}: selected by no wildcard but the lone star`),
  at(16, 'a compressed question', `${query}: a compressed name`, `${wrong}: another name`),
  at(17, 'no question', `${wrong}: no question`, `${query}: no question`),
  at(18, 'two questions', `${wrong}: two questions`, `${query}: two questions`),
  at(19, 'ANCOUNT 65,535 in a small packet', `${wrong}: ANCOUNT 65,535`, `${wrong}: ANCOUNT one too high`),
  at(20, 'more records than we walk', `${names}: 256 records are walked`, `${answer}: sixty-four addresses at once`),
  at(21, 'an address of the wrong length', `${wrong}: rdlength 3`, `${names}: other than sixteen octets`),
  at(22, 'RDLENGTH past the end', `${wrong}: rdlength past the end`),
  at(23, 'a CNAME target that does not end at RDLENGTH', `${wrong}: ends before its rdlength`),
  at(24, 'trailing octets', `${names}: trailing octets are ignored and counted`),
  at(25, 'TTL 0, 2^31, huge', `${answer}: TTL 0, 2^31`),
  at(26, 'a class other than IN', `${wrong}: a class other than IN`, `${query}: a class other than IN`),
  at(27, 'an OPT malformed, doubled, full of options', `${names}: an OPT that is malformed`),
  at(28, 'SVCB and HTTPS hints', `${names}: address hints of SVCB and HTTPS`),
  at(29, 'an owner off the chain', `${wrong}: an owner off the chain`),
  at(30, 'a chain out of order', `${answer}: whose records stand in any order`),
  at(31, 'a CNAME loop', `${wrong}: a CNAME loop`),
  at(32, 'a chain over the limit', `${wrong}: seventeen CNAMEs`),
  at(
    33,
    'a CNAME into another allowed name',
    `${names}: a CNAME into another selected name`,
    `${autopath}: goes elsewhere counts for the question alone`,
  ),
  at(34, 'DNAME', `${answer}: a DNAME synthesised`),
  at(35, 'addresses in authority and additional', `${wrong}: addresses in the authority`),
  at(36, 'NXDOMAIN or SERVFAIL with addresses', `${wrong}: NXDOMAIN with`, `${wrong}: SERVFAIL with`),
  at(
    37,
    'TC=1',
    `${answer}: a truncated answer`,
    `${ends}: wherever it is cut`,
    `${streamIn}: after a truncated one over UDP`,
    'e2e/test/dns-over-tcp.test.ts: is asked again over it',
  ),
  at(38, 'an opcode other than QUERY, QR=0', `${wrong}: QR = 0`, `${wrong}: opcode 5`),
  at(39, 'an answer of another type', `${wrong}: an AAAA to an A question`),
  at(
    40,
    'an allowed name that resolves to a reserved address',
    `${wrong}: a reserved address is left out`,
    `${wrong}: carried in an IPv6 one`,
    `left-alone.test.ts: an allowed name never teaches`,
    `${connection}: a deny wins over an allow`,
  ),
  at(41, 'an address shared by names (a CDN)', `${connection}: does not knock out`, `${answer}: which is counted once`),
  at(42, '`*.example.com` against its neighbours', 'packages/policy/src/match.test.ts: evilexample'),
  at(43, 'an answer nobody asked for', `${wrong}: another ID`, `${hostile}: teach nothing when nobody asked`),
  at(44, 'a wrong ID or question', `${answer}: leaves the query pending`, `${hostile}: with another ID`),
  at(45, 'the pod plays the resolver', `${answer}: sent by the pod itself`, `${hostile}: sends them round by the node`),
  at(46, 'an untrusted resolver', `${answer}: from an untrusted resolver`),
  at(47, 'duplicates and replays', `${answer}: a replay`, `${hostile}: a second time`),
  at(
    48,
    'fragments',
    `${transport}: fragments, first and later`,
    `${fragment}: passes behind its first, and no other does`,
    `${fragment}: overwrites nothing of what was judged`,
    `${fragment}: carry no question past the rules on names`,
  ),
  at(
    49,
    'extension headers, options, VLAN, UDP length',
    `${transport}: is found where it stands`,
    `${wrong}: a UDP length`,
  ),
  at(
    50,
    'a non-linear packet, datagrams not yet cut, offloaded checksums',
    `${shapes}: an answer teaches all its addresses`,
    `${shapes}: a question is read`,
    `${shapes}: three answers in one packet`,
    `${shapes}: beyond its first 8,192 octets`,
    `${shapes}: are no plain question`,
    `${transport}: several datagrams still in one packet`,
  ),
  at(
    51,
    'DNS over TCP: cut lengths, several messages a segment, octets sent again or ahead, lengths that lie, handshakes by SYN cookie',
    `${streamIn}: wherever they are cut`,
    `${streamIn}: several in a segment`,
    `${streamIn}: a length that lies`,
    `${streamIn}: ahead of what is missing`,
    `${streamOut}: are judged at every cut`,
    `${streamOut}: a length that lies`,
    `${streamOut}: sent again with other octets`,
    `${streamOut}: is followed from the handshake`,
    `${streamHostile}: puts no allowed question in the place`,
    `${streamHostile}: changes nothing of what the resolver has still to get`,
    `${streamHostile}: shifts the stream by none of the octets`,
    `${streamHostile}: is followed no more when it has two handshakes`,
    `${streamHostile}: ends no connection behind our back`,
    `${streamHostile}: of a segment that we cannot read`,
    `${streamRandom}: answers are read when their last octet passes`,
    `${streamRandom}: questions are judged when their last octet passes`,
    `${overTcp}: no look-up stalls`,
    `${overTcp}: what a pod forges into its own connection`,
    `${overTcp}: a resolver that the pod plays itself`,
  ),
  at(52, 'multicast DNS, LLMNR', `${transport}: multicast DNS and LLMNR`),
  at(
    53,
    'random names under an allowed wildcard',
    `${wildcard}: hurt only their own pod`,
    `${expansion}: another type would say something`,
    `${expansion}: a client subnet would say something`,
    `${answer}: over the quota nothing new is learned`,
  ),
  at(54, 'a full table', `${answer}: a full table refuses`, `${query}: when the table is full`),
  at(
    55,
    'expiry under a live connection',
    `${connection}: lives on when its address has expired`,
    `${idle}: its address lives on, past any TTL, and a pool may connect again`,
    `${cut}: is not cut by an edit that still allows its name`,
  ),
  at(56, 'a flood of questions', `${query}: over the quota of open questions`),
  {
    ...at(57, 'the agent killed, upgraded, rolled back', 'e2e/test/kill.test.ts: interrupted no connection'),
    due: 'upgrade and rollback under load',
  },
  {
    ...at(58, 'another layout of pins', 'packages/datapath/test/open.test.ts: a pin of another layout is refused'),
    due: 'migration',
  },
  { number: 59, behaviour: 'the API server down', tests: [], due: 'Kubernetes' },
  {
    ...at(60, "a pod's address used again", 'packages/agent/test/apply.test.ts: takes its hooks, its slot'),
    due: 'Kubernetes',
  },
  at(61, 'a SYN right after the answer', 'e2e/test/race.test.ts: never refused at an address not met before'),
  at(62, 'time that jumps', `${transport}: time is monotonic`, `${sweep}: removes what has expired`),
];
