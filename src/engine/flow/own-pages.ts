// What the proxy answers about itself: proof of being captured, and an explanation for who came the wrong way.
import type { RequestHead } from '../../http/head.ts';
import { OWN_NAME, type Destination } from './destination.ts';
import type { Authority } from '../intercept/authority.ts';
import { Fields } from '../../http/fields.ts';
import { written, type OwnAnswer } from './refusal.ts';

const CERTIFICATE_PATH = '/ca.pem';

/** Whether a request is for the proxy's own name. */
export function isOwnPage(destination: Destination): boolean {
  return destination.identity.host === OWN_NAME;
}

/** RFC 7468 for its form; browsers offer to trust a certificate of this media type. */
function certificatePage(certificate: string): OwnAnswer {
  const body = Buffer.from(certificate, 'latin1');
  const fields = Fields.of([
    ['Content-Type', 'application/x-x509-ca-cert'],
    ['Content-Disposition', 'attachment; filename="wirelens-ca.pem"'],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-store'],
  ]);
  return { head: { status: 200, reason: 'OK', minor: 1, fields }, body };
}

/** The page at `http://wirelens.test/`: whoever sees it is captured. */
export function ownPage(
  head: RequestHead,
  destination: Destination,
  authority: Pick<Authority, 'certificate'>,
): OwnAnswer {
  const accept = head.fields.get('accept');
  if (destination.path === CERTIFICATE_PATH) return certificatePage(authority.certificate);
  if (destination.path !== '/') {
    const there = `There are only http://${OWN_NAME}/ and http://${OWN_NAME}${CERTIFICATE_PATH}.`;
    return written(accept, 404, 'Nothing here', [there]);
  }
  return written(accept, 200, 'You are captured', [
    'This request went through Wirelens: it was answered by the proxy itself, and it stands in the Requests view.',
    'Other requests of this program go the same way and show up there too.',
  ]);
}

/** For a browser or program that opened the port as if it were a web server. */
export function wrongWay(head: RequestHead): OwnAnswer {
  return written(head.fields.get('accept'), 400, 'This is a Wirelens proxy port', [
    'It is an HTTP proxy and not a web server: there is nothing to see or to control at this address.',
    `Set this address as the HTTP proxy of your program, then open http://${OWN_NAME}/ with it to see that it works.`,
  ]);
}
