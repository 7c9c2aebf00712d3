// Copies by the API in a process that can run as an ordinary user. The argument is a request in JSON, and the output is
// the result in JSON.

import process from 'node:process';
import { copyByApi } from './api.mjs';

process.stdout.write(JSON.stringify(await copyByApi(JSON.parse(process.argv[2] ?? ''))));
