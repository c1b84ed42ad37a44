// Mocha's spec reporter with one more line at the end: the counts that test/support/all.ts adds up.
import Mocha from 'mocha';

/** Counts hooks that failed as failures too, as mocha does. */
class TallyReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      Mocha.reporters.Base.consoleLog(`mocha run: ${this.stats.passes} passed, ${this.stats.failures} failed`);
    });
  }
}

// Mocha takes the default export of a reporter's module.
export default TallyReporter;
