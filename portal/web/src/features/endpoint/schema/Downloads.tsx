// An endpoint's description as files: AsyncAPI, its page as Markdown, a data contract, its schema.
import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { endpoint as words } from '~/strings/endpoint';
import { ASYNCAPI_VERSIONS } from '../data';
import { save } from '../save';
import { NO_PLAN } from './search';

const say = words.schema;
const FORMATS = [['yaml', 'YAML'], ['json', 'JSON']] as const;

interface Props {
  endpoint: string;
  /** As its subscribers see it. */
  plan: string;
  schema?: unknown;
}

export function Downloads({ endpoint, plan, schema }: Props) {
  const base = `/api/v1/endpoints/${endpoint}`;
  const through = plan === NO_PLAN ? '' : `&plan=${encodeURIComponent(plan)}`;
  return (
    <Menu position="bottom-end" width={240} withinPortal={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>{say.downloads}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ASYNCAPI_VERSIONS.flatMap((version) => FORMATS.map(([format, name]) => (
          <Menu.Item key={version + format} component="a" href={`${base}/asyncapi?version=${version}&format=${format}${through}`}
            download={`${endpoint}.asyncapi-${version}.${format}`}>
            {say.asyncapi(version, name)}
          </Menu.Item>
        )))}
        <Menu.Divider />
        {schema ? <Menu.Item onClick={() => save(`${endpoint}.schema.json`, JSON.stringify(schema, null, 2))}>{say.jsonSchema}</Menu.Item> : null}
        <Menu.Item component="a" href={`${base}/markdown`} download={`${endpoint}.md`}>{say.markdown}</Menu.Item>
        <Menu.Item component="a" href={`${base}/odcs`} download={`${endpoint}.odcs.yaml`}>{say.odcs}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
