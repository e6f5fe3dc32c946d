import type { Authorize } from '@namewall/protocol';
import type { Log } from '@namewall/telemetry';
import type { KubeApi } from '../kubernetes/api.ts';
import { looksLikeToken, reviewToken } from './token-review.ts';

/** What who asks must be allowed: RBAC is granted on it as on any resource, though no object of it is stored. */
const ACCESS = { group: 'namewall.dev', resource: 'nodes', verb: 'get' };

/** By TokenReview and SubjectAccessReview: the API server's own tokens and rules, none of ours. */
export function authorizer(api: KubeApi, log: Log): Authorize {
  return async (token, from) => {
    if (!looksLikeToken(token)) return false;
    const { authenticated, user = {} } = await reviewToken(api, token);
    if (authenticated !== true) {
      log.warn('admin call refused', { from, reason: 'NotAuthenticated' });
      return false;
    }
    const { username = '', uid = '', groups = [], extra = {} } = user;
    const spec = { user: username, uid, groups, extra, resourceAttributes: ACCESS };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { status } = await api.request<{ status?: { allowed?: boolean } }>('POST', path, { body });
    if (status?.allowed !== true) log.warn('admin call refused', { from, user: username, reason: 'NotAllowed' });
    return status?.allowed === true;
  };
}
