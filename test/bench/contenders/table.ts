// Everything that can take part, in the order of the tables.
import type { Contender } from './contender.ts';
import { debian } from './debian.ts';
import { direct, relay } from './floor.ts';
import { npmPeers } from './npm-peers.ts';
import { wirelens } from './wirelens.ts';

export const contenders: readonly Contender[] = [...wirelens, direct, relay, ...debian, ...npmPeers];
