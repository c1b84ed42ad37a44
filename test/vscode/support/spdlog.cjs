// Stands in for VS Code's native logger, which the embedded VS Code would have to compile: without it the Output panel stays empty.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
let commonLevel = levels.indexOf('info');

class Logger {
  constructor(_kind, name, file) {
    this.name = name;
    this.file = file;
    this.level = undefined;
    this.formatted = true;
    fs.mkdirSync(path.dirname(file), { recursive: true });
  }

  write(level, message) {
    if (level < this.getLevel()) return;
    const line = this.formatted ? `${timestamp()} [${levels[level]}] ${message}\n` : String(message);
    try {
      fs.appendFileSync(this.file, line);
    } catch {
      // The folder of logs is deleted while VS Code is still ending: a line that has no reader any more.
    }
  }

  trace(message) {
    this.write(0, message);
  }

  debug(message) {
    this.write(1, message);
  }

  info(message) {
    this.write(2, message);
  }

  warn(message) {
    this.write(3, message);
  }

  error(message) {
    this.write(4, message);
  }

  critical(message) {
    this.write(5, message);
  }

  getLevel() {
    return this.level ?? commonLevel;
  }

  setLevel(level) {
    this.level = level;
  }

  clearFormatters() {
    this.formatted = false;
  }

  setPattern() {}

  flush() {}

  drop() {}
}

function timestamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().replace('T', ' ').replace('Z', '');
}

async function createLogger(name, file) {
  return new Logger('rotating', name, file);
}

// One assignment a name: VS Code loads this as an ES module, and Node finds the names of a CommonJS module by reading its text.
exports.version = 11_000;
exports.Logger = Logger;
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
exports.setLevel = (level) => {
  commonLevel = level;
};
exports.setFlushOn = () => {};
exports.shutdown = () => {};
