#pragma once
/* Answers what the agent asks until it is gone; the exit code. */
int serve(int socket);
