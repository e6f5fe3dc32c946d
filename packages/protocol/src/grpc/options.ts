import type { ChannelOptions } from '@grpc/grpc-js';
import { MAX_MESSAGE } from '../limits.ts';

const COMMON: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE,
  'grpc.max_send_message_length': MAX_MESSAGE,
  // A peer that is gone without a word is noticed after 30 to 40 seconds.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_retries': 0,
};

export const SERVER_OPTIONS: ChannelOptions = { ...COMMON, 'grpc.max_concurrent_streams': 16 };

/** Every client has a connection of its own, so that nothing of a broken one lives on. */
export const CLIENT_OPTIONS: ChannelOptions = { ...COMMON, 'grpc.use_local_subchannel_pool': 1 };
