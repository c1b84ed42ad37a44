// What the proxy answers about itself: proof of being captured, and an explanation for who came the wrong way.
import type { RequestHead } from '../../http/head.ts';
import { OWN_NAME, type Destination } from './destination.ts';
import { written, type OwnAnswer } from './refusal.ts';

/** Whether a request is for the proxy's own name. */
export function isOwnPage(destination: Destination): boolean {
  return destination.identity.host === OWN_NAME;
}

/** The page at `http://wirelens.test/`: whoever sees it is captured. */
export function ownPage(head: RequestHead, destination: Destination): OwnAnswer {
  const accept = head.fields.get('accept');
  if (destination.path !== '/') return written(accept, 404, 'Nothing here', [`There is only http://${OWN_NAME}/.`]);
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
