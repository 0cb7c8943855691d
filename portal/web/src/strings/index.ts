// Every English sentence of the portal, a file for each feature, so that they can be translated.
import { audit } from './audit';
import { catalogue } from './catalogue';
import { common } from './common';
import { discover } from './discover';
import { editor } from './editor';
import { health } from './health';
import { home } from './home';
import { people } from './people';
import { policies } from './policies';
import { session } from './session';
import { shell } from './shell';

export const s = { common, shell, session, home, catalogue, editor, policies, audit, people, discover, health };
