// What the proxy answers about itself: proof of being captured, and an explanation for who came the wrong way.
import type { RequestHead } from '../../http/head.ts';
import { OWN_NAME, type Destination } from './destination.ts';
import type { Authority } from '../intercept/authority.ts';
import { formatHttpDate } from '../../http/date.ts';
import { Fields } from '../../http/fields.ts';
import { proxyStatusField, written, type OwnAnswer } from './refusal.ts';

const CERTIFICATE_PATH = '/ca.pem';

/** Whether a request is for the proxy's own name. */
export function isOwnPage(destination: Destination): boolean {
  return destination.identity.host === OWN_NAME;
}

/** RFC 7468 for its form; browsers offer to trust a certificate of this media type. */
function certificatePage(certificate: string, now: number): OwnAnswer {
  const body = Buffer.from(certificate, 'latin1');
  const fields = Fields.of([
    ['Content-Type', 'application/x-x509-ca-cert'],
    ['Content-Disposition', 'attachment; filename="wirelens-ca.pem"'],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-store'],
    ['Date', formatHttpDate(now)],
  ]);
  return { head: { status: 200, reason: 'OK', minor: 1, fields }, body };
}

/**
 * The page at `http://wirelens.test/`: whoever sees it uses the proxy. `recorded` says whether this request is in the record,
 * `now` is in ms since 1970.
 */
export function ownPage(
  head: RequestHead,
  destination: Destination,
  {
    recorded,
    now,
    authority,
  }: {
    readonly recorded: boolean;
    readonly now: number;
    readonly authority: Pick<Authority, 'certificate'>;
  },
): OwnAnswer {
  const accept = head.fields.get('accept');
  const { path } = destination;
  if (path === CERTIFICATE_PATH) return certificatePage(authority.certificate, now);
  const there = `There are only http://${OWN_NAME}/ and http://${OWN_NAME}${CERTIFICATE_PATH}.`;
  if (path !== '/') return written(accept, 404, 'Nothing here', [there], now);
  const proof = 'This request went through Wirelens: the proxy itself answered it.';
  return recorded
    ? written(
        accept,
        200,
        'You are captured',
        [proof, 'It is recorded, and so are the other requests that this program sends the same way.'],
        now,
      )
    : written(
        accept,
        200,
        'You use the proxy',
        [proof, 'It is not recorded: capture is paused, or the patterns of wirelens.capture leave it out.'],
        now,
      );
}

/** For a browser or program that opened the port as if it were a web server. */
export function wrongWay(head: RequestHead, now: number): OwnAnswer {
  const words = [
    'It is an HTTP proxy and not a web server: there is nothing to see or to control at this address.',
    `Set this address as the HTTP proxy of your program, then open http://${OWN_NAME}/ with it to see that it works.`,
  ];
  const title = 'This is a Wirelens proxy port';
  const { head: answer, body } = written(head.fields.get('accept'), 400, title, words, now);
  const fields = answer.fields.append('Proxy-Status', proxyStatusField('http_request_error', title));
  return { head: { ...answer, fields }, body };
}
