// A test that did not run proves nothing: none may be skipped, focused away or still to be written.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const tests = report.testResults.flatMap((file) => file.assertionResults)
const passed = tests.filter((test) => test.status === 'passed')
const leftOut = tests.filter((test) => !['passed', 'failed'].includes(test.status))

for (const test of leftOut) console.error(`did not run (${test.status}): ${test.fullName}`)
if (passed.length === 0) console.error('no test ran')
if (leftOut.length > 0 || passed.length === 0 || passed.length !== tests.length) process.exit(1)
console.log(`${passed.length} tests ran and passed, none was left out`)
