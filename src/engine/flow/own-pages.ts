// What the proxy answers about itself: proof of being captured, and an explanation for who came the wrong way.
import type { RequestHead } from '../../http/head.ts';
import { OWN_NAME, type Destination } from './destination.ts';
import { proxyStatusField, written, type OwnAnswer } from './refusal.ts';

/** Whether a request is for the proxy's own name. */
export function isOwnPage(destination: Destination): boolean {
  return destination.identity.host === OWN_NAME;
}

/**
 * The page at `http://wirelens.test/`: whoever sees it uses the proxy. `recorded` says whether this request is in the record,
 * `now` is in ms since 1970.
 */
export function ownPage(head: RequestHead, destination: Destination, recorded: boolean, now: number): OwnAnswer {
  const accept = head.fields.get('accept');
  const { path } = destination;
  if (path !== '/') return written(accept, 404, 'Nothing here', [`There is only http://${OWN_NAME}/.`], now);
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
