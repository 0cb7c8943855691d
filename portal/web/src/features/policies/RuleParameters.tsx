// How a rule does what it does: what each action takes.
import { Group, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { s } from '~/strings';
import { readValue, valueText, type Action, type Body } from './rules';

const words = s.policies.rule;
const TESTS = ['equals', 'oneOf', 'exists', 'equalsAttribute'] as const;
type Test = (typeof TESTS)[number];
const NO_TEST: Body = { equals: undefined, oneOf: undefined, exists: undefined, equalsAttribute: undefined };
const FIRST: Record<Test, unknown> = { equals: '', oneOf: [], exists: true, equalsAttribute: '' };

interface Props {
  action: Action;
  body: Body;
  number: number;
  keys: string[];
  disabled: boolean;
  onChange: (parts: Body) => void;
}

type FieldProps = Omit<Props, 'action'>;

export function RuleParameters({ action, ...props }: Props) {
  if (action === 'remove') return null;
  return (
    <Group gap="sm" mt="xs" pl={26} align="flex-end">
      {action === 'mask' ? <Mask {...props} /> : null}
      {action === 'replace' ? <Replace {...props} /> : null}
      {action === 'hash' ? <Hash {...props} /> : null}
      {action === 'truncate' ? <Count {...props} name="length" label={words.length} /> : null}
      {action === 'keepWhen' ? <KeepWhen {...props} /> : null}
    </Group>
  );
}

function Count({ body, disabled, onChange, name, label, optional = false }: FieldProps & { name: string; label: string; optional?: boolean }) {
  const value = body[name];
  const none = optional ? undefined : 0;
  return (
    <NumberInput
      label={label}
      size="xs"
      w={130}
      min={optional ? 1 : 0}
      allowDecimal={false}
      allowNegative={false}
      placeholder={optional ? words.whole : undefined}
      value={typeof value === 'number' ? value : optional ? '' : 0}
      onChange={(to) => onChange({ [name]: typeof to === 'number' ? to : none })}
      disabled={disabled}
    />
  );
}

function Mask(props: FieldProps) {
  const { body, disabled, onChange } = props;
  return (
    <>
      <Count {...props} name="keepFirst" label={words.keepFirst} />
      <Count {...props} name="keepLast" label={words.keepLast} />
      <TextInput
        label={words.with}
        size="xs"
        w={110}
        value={typeof body.with === 'string' ? body.with : '*'}
        onChange={(event) => onChange({ with: Array.from(event.currentTarget.value).at(-1) ?? '*' })}
        disabled={disabled}
      />
    </>
  );
}

function Replace({ body, disabled, onChange }: FieldProps) {
  return (
    <TextInput
      label={words.value}
      size="xs"
      style={{ flex: '1 1 220px' }}
      value={valueText(body.value)}
      onChange={(event) => onChange({ value: readValue(event.currentTarget.value) })}
      disabled={disabled}
    />
  );
}

function Hash(props: FieldProps) {
  const { body, keys, disabled, onChange } = props;
  const key = typeof body.hashKey === 'string' ? body.hashKey : '';
  return (
    <>
      <Select
        label={words.hashKey}
        size="xs"
        w={200}
        data={key && !keys.includes(key) ? [key, ...keys] : keys}
        value={key || null}
        onChange={(hashKey) => onChange({ hashKey: hashKey ?? '' })}
        nothingFoundMessage={words.noKeys}
        searchable
        disabled={disabled}
      />
      <Count {...props} name="length" label={words.hashLength} optional />
    </>
  );
}

function KeepWhen({ body, disabled, onChange }: FieldProps) {
  const test = TESTS.find((one) => body[one] !== undefined && body[one] !== null) ?? 'exists';
  const value = body[test];
  const text = (label: string, read: (typed: string) => unknown) => (
    <TextInput
      label={label}
      size="xs"
      style={{ flex: '1 1 180px' }}
      value={valueText(value)}
      onChange={(event) => onChange({ [test]: read(event.currentTarget.value) })}
      disabled={disabled}
    />
  );
  return (
    <>
      <Select
        label={words.test}
        size="xs"
        w={200}
        data={TESTS.map((one) => ({ value: one, label: words.tests[one] }))}
        value={test}
        onChange={(to) => to && onChange({ ...NO_TEST, [to]: FIRST[to] })}
        allowDeselect={false}
        disabled={disabled}
      />
      {test === 'equals' ? text(words.value, readValue) : null}
      {test === 'equalsAttribute' ? text(words.attribute, String) : null}
      {test === 'oneOf' ? (
        <TagsInput
          label={words.values}
          size="xs"
          style={{ flex: '1 1 220px' }}
          value={(Array.isArray(value) ? value : []).map(valueText)}
          onChange={(texts) => onChange({ oneOf: texts.map(readValue) })}
          disabled={disabled}
        />
      ) : null}
      {test === 'exists' ? (
        <Select
          label={words.exists}
          size="xs"
          w={150}
          data={[{ value: 'true', label: words.there }, { value: 'false', label: words.notThere }]}
          value={value === false ? 'false' : 'true'}
          onChange={(to) => onChange({ exists: to !== 'false' })}
          allowDeselect={false}
          disabled={disabled}
        />
      ) : null}
    </>
  );
}
