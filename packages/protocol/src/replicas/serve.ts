import { type Server, type ServerReadableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import type { NodeReports__Output } from '../gen/namewall/v1/NodeReports.ts';
import type { NodeReport__Output } from '../gen/namewall/v1/NodeReport.ts';
import type { ReportsEnded } from '../gen/namewall/v1/ReportsEnded.ts';
import { replicas } from '../grpc/services.ts';
import type { PeerOf } from '../tls/peer.ts';

export type { NodeReport as NodeReportInput } from '../gen/namewall/v1/NodeReport.ts';
export type NodeReport = NodeReport__Output;

/** What comes of one replica's reports. */
export interface Reporting {
  reports(nodes: readonly NodeReport[]): void;
  ended(): void;
}

type Call = ServerReadableStream<NodeReports__Output, ReportsEnded>;

/**
 * Takes the reports of other replicas; of nobody else.
 * @param begin called with a replica's name for each stream; undefined: not the leader, ask another one
 */
export function serveReplicas(server: Server, peerOf: PeerOf, begin: (replica: string) => Reporting | undefined): void {
  server.addService(replicas, {
    Report(call: Call, reply: sendUnaryData<ReportsEnded>) {
      const { certified } = peerOf(call);
      if (certified?.role !== 'operator') {
        return reply({ code: status.PERMISSION_DENIED, details: 'reports are for operators to make' });
      }
      const reporting = begin(certified.name);
      const elsewhere = { code: status.FAILED_PRECONDITION, details: 'this one does not lead' };
      if (reporting === undefined) return reply(elsewhere);
      let over = false;
      const end = () => {
        if (!over) reporting.ended();
        over = true;
      };
      call.on('data', ({ nodes }: NodeReports__Output) => {
        if (!over) reporting.reports(nodes);
      });
      call.once('error', end);
      call.once('cancelled', end);
      call.once('end', () => {
        end();
        reply(null, {});
      });
    },
  });
}
