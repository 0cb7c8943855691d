// Reads paths of documents from standard input and says of each what the official parser finds:
// one line of JSON with `path`, `errors` and `warnings`. It opens nothing that a document names.
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser'
import { Parser } from '@asyncapi/parser'
import { ProtoBuffSchemaParser } from '@asyncapi/protobuf-schema-parser'
import { readFileSync } from 'node:fs'

const closed = { canRead: () => true, order: 1, read: () => { throw new Error('a reference out of the document') } }
const resolvers = ['http', 'https', 'file'].map(schema => ({ schema, ...closed }))
const parser = new Parser({ __unstable: { resolver: { cache: false, resolvers } } })
parser.registerSchemaParser(AvroSchemaParser())
parser.registerSchemaParser(ProtoBuffSchemaParser())

const [ERROR, WARNING] = [0, 1]
for (const path of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const { diagnostics } = await parser.parse(readFileSync(path, 'utf8'))
  const found = severity => diagnostics.filter(one => one.severity === severity)
    .map(one => `${one.code}: ${one.path.join('/')}: ${one.message}`)
  console.log(JSON.stringify({ path, errors: found(ERROR), warnings: found(WARNING) }))
}
