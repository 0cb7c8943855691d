import { Anchor, Box, Card, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { resourceQuery } from '~/api/resources';
import type { Endpoint } from '~/api/resources.gen';
import { CodeBlock } from '~/components/CodeBlock';
import { AnchorLink } from '~/components/Links';
import { mayDecide } from '~/features/subscribers/moves';
import { endpoint as words } from '~/strings/endpoint';
import { useTeam } from '../data';
import classes from './Overview.module.css';
import { Plans } from './Plans';
import { Usage } from './Usage';

const signed = getRouteApi('/_signed');
const say = words.overview;
/** Examples that are shown here. */
const SAMPLES_MAX = 3;

export function Overview({ name }: { name: string }) {
  const { spec } = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const { who } = signed.useRouteContext();
  return (
    <div className={classes.columns}>
      <Stack gap="xl" miw={0}>
        <section>
          <Title order={2} mb="xs">{say.about}</Title>
          <Text className={classes.prose} c={spec.description ? undefined : 'dimmed'}>
            {spec.description ? spec.description : say.noDescription}
          </Text>
        </section>
        <Plans endpoint={name} spec={spec} />
        <Samples spec={spec} />
      </Stack>
      <Stack gap="lg">
        <Usage endpoint={name} owns={mayDecide(who, spec.owner)} />
        <Facts name={name} spec={spec} />
      </Stack>
    </div>
  );
}

function Samples({ spec }: { spec: Endpoint }) {
  const samples = spec.samples?.slice(0, SAMPLES_MAX) ?? [];
  if (samples.length === 0) return null;
  return (
    <section>
      <Title order={2} mb="sm">{say.samples}</Title>
      <SimpleGrid cols={{ base: 1, xl: samples.length > 1 ? 2 : 1 }}>
        {samples.map((sample) => (
          <Box key={sample.name} miw={0}>
            <Text size="sm" fw={600} mb={4}>{sample.summary ?? sample.name}</Text>
            <CodeBlock text={JSON.stringify(sample.value, null, 2)} label={sample.name} height={260} />
          </Box>
        ))}
      </SimpleGrid>
    </section>
  );
}

function Facts({ name, spec }: { name: string; spec: Endpoint }) {
  const team = useTeam(spec.owner);
  const mail = spec.contact?.email ?? team.email;
  const facts: [string, ReactNode][] = [
    [say.address, <Text key="address" size="sm" ff="monospace" className={classes.break}>{spec.address ?? spec.topic}</Text>],
    [say.version, spec.version ?? '1.0.0'],
    [say.format, say.formats[spec.format ?? 'json']],
    [say.direction, say.directions[spec.direction ?? 'consume']],
    [say.owner, spec.owner ? <AnchorLink key="owner" to="/endpoints" search={{ owner: spec.owner }} size="sm">{team.title}</AnchorLink> : say.none],
    [say.contact, <Contact key="contact" name={spec.contact?.name} email={mail} url={spec.contact?.url} />],
    [say.domain, spec.domain ? <AnchorLink key="domain" to="/endpoints" search={{ domain: spec.domain }} size="sm">{spec.domain}</AnchorLink> : say.none],
    [say.source, say.sourceOf(spec.topic, spec.cluster)],
  ];
  if (spec.license) facts.push([say.license, <Outside key="license" to={spec.license.url}>{spec.license.name}</Outside>]);
  return (
    <Card withBorder component="section" aria-label={say.facts}>
      <Title order={2} mb="xs">{say.facts}</Title>
      <Table verticalSpacing={5} horizontalSpacing={0} withRowBorders={false} aria-label={`${say.facts}: ${name}`}>
        <Table.Tbody>
          {facts.map(([fact, is]) => (
            <Table.Tr key={fact}>
              <Table.Th fw={400} c="dimmed" w={110} className={classes.fact}>{fact}</Table.Th>
              <Table.Td className={classes.break}>{is}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function Contact({ name, email, url }: { name?: string | null; email?: string | null; url?: string | null }) {
  if (!name && !email && !url) return say.none;
  return (
    <Stack gap={0}>
      {name ? <Outside to={url}>{name}</Outside> : null}
      {email ? <Anchor size="sm" href={`mailto:${email}`}>{email}</Anchor> : null}
      {url && !name ? <Outside to={url}>{url}</Outside> : null}
    </Stack>
  );
}

/** A link that somebody wrote: only to web pages, and it learns nothing about this one. */
function Outside({ to, children }: { to?: string | null; children: string }) {
  if (!to || !/^https?:\/\//i.test(to)) return <Text size="sm">{children}</Text>;
  return <Anchor size="sm" href={to} target="_blank" rel="noopener noreferrer">{children}</Anchor>;
}
