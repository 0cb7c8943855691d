// Filters under a name, kept in this browser.
import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure, useLocalStorage } from '@mantine/hooks';
import { IconBookmark, IconTrash } from '@tabler/icons-react';
import { useState, type SubmitEvent } from 'react';
import { s } from '~/strings';
import { isFiltered, type Filters } from './filters';

interface View {
  name: string;
  filters: Filters;
}

/** Views that are kept; the oldest goes. */
const VIEWS_MAX = 20;
const words = s.catalogue.views;

export function SavedViews({ filters, onOpen }: { filters: Filters; onOpen: (filters: Filters) => void }) {
  const [views, setViews] = useLocalStorage<View[]>({ key: 'sluicegate.catalogue.views', defaultValue: [] });
  const [opened, { open, close }] = useDisclosure(false);
  const [name, setName] = useState('');
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const others = views.filter((view) => view.name !== name);
    setViews([...others, { name, filters }].slice(-VIEWS_MAX));
    setName('');
    close();
  };
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>{words.title}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 ? <Menu.Label>{words.none}</Menu.Label> : null}
          {views.map((view) => (
            <Group key={view.name} gap={4} wrap="nowrap">
              <Menu.Item onClick={() => onOpen(view.filters)}>{view.name}</Menu.Item>
              <ActionIcon variant="subtle" color="gray" aria-label={words.remove(view.name)}
                onClick={() => setViews(views.filter((one) => one.name !== view.name))}>
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={!isFiltered(filters)} onClick={open}>{words.save}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={opened} onClose={close} title={words.save} closeButtonProps={{ 'aria-label': s.common.close }}>
        <form onSubmit={save}>
          <Stack>
            <Text size="sm" c="dimmed">{words.where}</Text>
            <TextInput label={words.name} value={name} onChange={(event) => setName(event.currentTarget.value)} required data-autofocus />
            <Button type="submit">{words.save}</Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
