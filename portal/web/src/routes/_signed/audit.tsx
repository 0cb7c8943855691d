import { createFileRoute } from '@tanstack/react-router';
import { AuditPage } from '~/features/audit/AuditPage';
import { readAuditFilters } from '~/features/audit/filters';

export const Route = createFileRoute('/_signed/audit')({ validateSearch: readAuditFilters, component: AuditPage });
