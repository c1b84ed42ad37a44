// The part of a flow's details that tells of TLS with upstream: what was negotiated, and the certificates.
import type { CertificateRecord, TlsRecord } from '../../contract/decisions.ts';
import type { FlowDetail } from '../../contract/model.ts';
import type { Translate } from '../translate.ts';
import { facts, type Item } from './item.ts';
import type { RowSurroundings } from './request-rows.ts';
import { leaf, type Section } from './section.ts';

function dateOf(at: number): string {
  return new Date(at).toLocaleDateString();
}

function certificateRow(id: string, certificate: CertificateRecord, t: Translate): Item {
  const { subject, issuer, names, validFrom, validTo, fingerprint } = certificate;
  const lines: [string, string][] = [
    [t('Subject'), subject],
    [t('Issuer'), issuer],
    [t('Names'), names.join(', ')],
    [t('Valid'), t('{0} to {1}', dateOf(validFrom), dateOf(validTo))],
    [t('SHA-256 fingerprint'), fingerprint],
  ];
  const tooltip = lines.filter(([, value]) => value !== '');
  const copies = tooltip.map(([name, value]) => `${name}: ${value}`).join('\n');
  const value = facts(subject, t('from {0}', issuer), t('until {0}', dateOf(validTo)));
  return { ...leaf(id, t('Certificate'), value, copies), tooltip };
}

function negotiated(tls: TlsRecord): string {
  return facts(tls.version, tls.cipher, tls.alpn);
}

/** TLS with upstream, also where its certificate was refused. */
export function upstreamTlsSection(flow: FlowDetail, { t }: RowSurroundings): Section | undefined {
  const tls = flow.connection?.tls ?? flow.refusedTls;
  if (tls === undefined) return undefined;
  const id = `${flow.id}/upstream-tls`;
  const refused = flow.refusedTls !== undefined;
  const children = [
    leaf(`${id}/version`, t('Version'), tls.version),
    leaf(`${id}/cipher`, t('Cipher'), tls.cipher),
    leaf(`${id}/alpn`, t('ALPN'), tls.alpn === '' ? t('none') : tls.alpn),
    leaf(`${id}/resumed`, t('Resumed'), tls.resumed ? t('yes, from an earlier connection') : t('no')),
    leaf(`${id}/stapled`, t('OCSP response'), tls.stapled ? t('sent along') : t('not sent')),
  ];
  if (tls.problem !== undefined) {
    const label = refused ? t('Refused') : t('Not verified');
    children.unshift(leaf(`${id}/problem`, label, tls.problem));
  }
  if (tls.clientCertificate !== undefined) {
    children.push(leaf(`${id}/client`, t('Client certificate'), tls.clientCertificate));
  }
  children.push(...tls.chain.map((one, index) => certificateRow(`${id}/certificate-${index}`, one, t)));
  const mark = tls.problem === undefined ? undefined : `⚠ ${tls.problem}`;
  return {
    item: {
      id,
      label: t('TLS with upstream'),
      description: facts(negotiated(tls), mark),
      icon: { id: tls.problem === undefined ? 'lock' : 'unlock' },
      expandable: 'collapsed',
      context: 'section',
      copies: facts(negotiated(tls), mark),
    },
    children,
  };
}
