/* How the threads of the CPU backend wait. */
#ifndef CKN_CLI_WAIT_POLICY_H
#define CKN_CLI_WAIT_POLICY_H

/* Unless the environment says how OpenMP's threads wait, starts the program again with passive
 * waiting. Returns where nothing is to be done or the program cannot be started again. */
void ckn_cli_wait_passively(char **argv);

#endif
