import type { Role } from '~/api/resources.gen';

export const ROLES: Role[] = ['developer', 'owner', 'securityOfficer', 'operator', 'auditor', 'admin'];
