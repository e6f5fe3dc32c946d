import { type KubeApi, hasStatus } from '../kubernetes/api.ts';

/** The audience of agents' tokens: the API server takes such a token for nothing else. */
const AUDIENCE = 'namewall.dev/operator';

/** Why a token is not believed: closed set, for the log and to be counted. */
export type Refusal =
  | 'Malformed'
  | 'NotAuthenticated'
  | 'WrongAudience'
  | 'NotAnAgent'
  | 'NotBoundToAPod'
  | 'PodGone'
  | 'NoNode'
  | 'NodeMismatch'
  | 'BadRequest';

export type Verdict =
  | { readonly ok: true; readonly node: string; readonly pod: string }
  | { readonly ok: false; readonly reason: Refusal; readonly detail: string };

interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly audiences?: readonly string[];
  readonly error?: string;
  readonly user?: {
    readonly username?: string;
    readonly groups?: readonly string[];
    readonly uid?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Characters of a token that are sent on. */
const TOKEN_MAX = 16_384;
const EXTRA = 'authentication.kubernetes.io/';

/** @throws KubeError when the API server does not tell */
export async function reviewToken(api: KubeApi, token: string, audience?: string): Promise<TokenReviewStatus> {
  const spec = { token, ...(audience !== undefined && { audiences: [audience] }) };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const { status } = await api.request<{ status?: TokenReviewStatus }>('POST', path, { body });
  return status ?? {};
}

/** A JWT's shape, so that nothing else is sent to the API server. */
export function looksLikeToken(token: string): boolean {
  return token.length <= TOKEN_MAX && /^[\w-]+\.[\w-]+\.[\w-]+$/u.test(token);
}

interface Pod {
  readonly metadata?: { readonly uid?: string; readonly name?: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

export interface AgentAccount {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * Who holds this token: an agent on which node?
 * @throws KubeError when the API server does not tell
 */
export async function judgeToken(api: KubeApi, token: string, account: AgentAccount): Promise<Verdict> {
  if (!looksLikeToken(token)) return refused('Malformed', 'it is no JWT');
  const status = await reviewToken(api, token, AUDIENCE);
  const bound = judgeReview(status, account);
  if (!bound.ok) return bound;
  const pod = await findPod(api, account.namespace, bound.pod);
  return judgePod(bound, pod);
}

interface Bound {
  readonly ok: true;
  readonly pod: string;
  readonly uid: string;
  /** As the token says; '' from API servers that do not put it there (before 1.31). */
  readonly node: string;
}

function judgeReview(
  { authenticated, audiences = [], user = {}, error }: TokenReviewStatus,
  { namespace, serviceAccount }: AgentAccount,
): Bound | Extract<Verdict, { ok: false }> {
  if (authenticated !== true) {
    const reason = error?.includes('audience') === true ? 'WrongAudience' : 'NotAuthenticated';
    return refused(reason, error ?? 'the API server does not know it');
  }
  if (!audiences.includes(AUDIENCE)) return refused('WrongAudience', `audiences: ${audiences.join(' ')}`);
  if (user.username !== `system:serviceaccount:${namespace}:${serviceAccount}`) {
    return refused('NotAnAgent', user.username ?? '');
  }
  const extra = (name: string) => (user.extra?.[`${EXTRA}${name}`] ?? [])[0] ?? '';
  const [pod, uid, node] = [extra('pod-name'), extra('pod-uid'), extra('node-name')];
  if (pod === '' || uid === '') return refused('NotBoundToAPod', 'a token made by hand');
  return { ok: true, pod, uid, node };
}

function judgePod({ pod: name, uid, node }: Bound, pod: Pod | undefined): Verdict {
  if (pod === undefined || pod.metadata?.uid !== uid) return refused('PodGone', `pod ${name} with UID ${uid}`);
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (ended) return refused('PodGone', `pod ${name}: ended`);
  const on = pod.spec?.nodeName ?? '';
  if (on === '') return refused('NoNode', `pod ${name} is not bound to a node`);
  if (node !== '' && node !== on) return refused('NodeMismatch', `the token says ${node}, pod ${name} is on ${on}`);
  return { ok: true, node: on, pod: name };
}

/** By a list of one: the operator may list pods, and nothing more. */
async function findPod(api: KubeApi, namespace: string, name: string): Promise<Pod | undefined> {
  const query = { fieldSelector: `metadata.name=${name}` };
  try {
    const { items } = await api.request<{ items?: readonly Pod[] }>('GET', `/api/v1/namespaces/${namespace}/pods`, {
      query,
    });
    return items?.[0];
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

function refused(reason: Refusal, detail: string): Extract<Verdict, { ok: false }> {
  return { ok: false, reason, detail };
}
