// A recorded request as a cURL command, with its body and its secrets, because it has to work.
import { toCurl } from '../../formats/curl.ts';
import type { FlowDetail, FlowId } from '../../contract/model.ts';
import type { FlowStore } from '../model/flow-store.ts';
import { readBody } from './read-body.ts';

/** Bytes of a body that a command line can carry in a sensible way. */
const largestBody = 10 * 1024 * 1024;

export type CurlText =
  | { readonly kind: 'command'; readonly text: string; readonly withoutBody: boolean }
  /** The flow is no longer recorded, or was no request. */
  | { readonly kind: 'none' };

async function bodyOf(flows: FlowStore, flow: FlowDetail): Promise<Uint8Array | undefined> {
  const body = flow.request?.body;
  if (body === undefined || body.size === 0 || body.size > largestBody || body.state !== 'complete') return undefined;
  const reading = await readBody(flows, { id: flow.id, side: 'request', form: 'wire' });
  return reading.kind === 'read' ? reading.bytes : undefined;
}

export async function curlOf(flows: FlowStore, id: FlowId): Promise<CurlText> {
  const flow = await flows.detail(id);
  if (flow?.request === undefined || flow.url === '' || flow.kind === 'tunnel') return { kind: 'none' };
  const body = await bodyOf(flows, flow);
  const { fields } = flow.request;
  const text = toCurl({ method: flow.method, url: flow.url, fields, ...(body === undefined ? {} : { body }) });
  return { kind: 'command', text, withoutBody: body === undefined && flow.request.body.size > 0 };
}
