// Text to be copied: commands, documents, secrets.
import { ActionIcon, Box, CopyButton, ScrollArea, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { s } from '~/strings';
import classes from './CodeBlock.module.css';

interface Props {
  text: string;
  /** What the text is, for those who do not see it. */
  label: string;
  /** The height from which on it scrolls. */
  height?: number;
}

export function CodeBlock({ text, label, height = 420 }: Props) {
  return (
    <Box className={classes.block}>
      <ScrollArea.Autosize mah={height} viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }}>
        <pre className={classes.text}>{text}</pre>
      </ScrollArea.Autosize>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? s.common.copied : s.common.copy}>
            <ActionIcon
              className={classes.copy}
              variant="default"
              onClick={copy}
              aria-label={`${copied ? s.common.copied : s.common.copy}: ${label}`}
            >
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Box>
  );
}
