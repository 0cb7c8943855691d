// Two texts, one over the other: what goes and what comes. Never told by colour alone.
import { VisuallyHidden } from '@mantine/core';
import { useMemo } from 'react';
import { s } from '~/strings';
import { diffLines, withContext, type DiffLine } from './textDiff';
import classes from './TextDiff.module.css';

interface Props {
  before: string;
  after: string;
  label: string;
  /** Lines around each change; absent: all. */
  around?: number;
  maxHeight?: number;
}

const SIGNS: Record<DiffLine['sign'], string> = { '+': s.editor.diff.added, '-': s.editor.diff.removed, ' ': '' };
const CLASSES: Record<DiffLine['sign'], string | undefined> = { '+': classes.come, '-': classes.gone, ' ': undefined };

export function TextDiff({ before, after, label, around, maxHeight = 420 }: Props) {
  const lines = useMemo(() => {
    const all = diffLines(before, after);
    return around === undefined ? all : withContext(all, around);
  }, [before, after, around]);
  return (
    <div className={classes.frame} style={{ maxHeight }} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.diff}>
        <tbody>
          {lines.map((line, at) =>
            line ? (
              <tr key={at} className={CLASSES[line.sign]}>
                <td className={classes.number}>{line.before}</td>
                <td className={classes.number}>{line.after}</td>
                <td className={classes.sign}>
                  <span aria-hidden>{line.sign}</span>
                  <VisuallyHidden>{SIGNS[line.sign]}</VisuallyHidden>
                </td>
                <td className={classes.text}>{line.text}</td>
              </tr>
            ) : (
              <tr key={at}>
                <td className={classes.left} colSpan={4}>{s.editor.diff.left}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}
