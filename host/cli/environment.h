/* Settings that libraries read from the environment before main() runs. */
#ifndef CKN_CLI_ENVIRONMENT_H
#define CKN_CLI_ENVIRONMENT_H

/* Where a setting is missing that the program needs to be fast, sets it and starts the program
 * again. Settings of the user's stay. Returns where nothing is to be done or the program cannot be
 * started again. */
void ckn_cli_settle_environment(char **argv);

#endif
