// Copies by the API in a process of its own, which can be an ordinary user's: the argument is a request, and what it
// comes to is printed, both as JSON.

import process from 'node:process';
import { copyByApi } from './api.mjs';

process.stdout.write(JSON.stringify(await copyByApi(JSON.parse(process.argv[2] ?? ''))));
