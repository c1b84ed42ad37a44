// The status of a gRPC call in words: it stands in the trailers, or in the head of an answer that has nothing else.
import type { FlowDetail } from '../contract/model.ts';

/** The codes by number, as the gRPC core documentation lists them. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** Messages are percent-encoded UTF-8. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** For example `5 NOT_FOUND: no such user`; undefined where the answer says none. */
export function grpcStatus(flow: Pick<FlowDetail, 'response'>): string | undefined {
  const { response } = flow;
  if (response === undefined) return undefined;
  const lines = [...response.trailers, ...response.fields];
  const valueOf = (wanted: string): string | undefined => lines.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const code = valueOf('grpc-status');
  if (code === undefined) return undefined;
  const name = NAMES[Number(code)];
  const message = decoded(valueOf('grpc-message') ?? '');
  return `${code}${name === undefined ? '' : ` ${name}`}${message === '' ? '' : `: ${message}`}`;
}
