// SPDX-License-Identifier: MIT
/*
 * POSIX message queues and System V IPC: what audit writes as MQ_OPEN, MQ_SENDRECV, MQ_NOTIFY, MQ_GETSETATTR, IPC and
 * IPC_SET_PERM, in calls that succeed and that fail.
 * Usage: diff_queues DIRECTORY
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

static char name[64], buffer[9000];

static void posix(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 4, .mq_msgsize = 64 }, other = { .mq_flags = O_NONBLOCK };
	struct mq_attr wrong = { .mq_maxmsg = -1, .mq_msgsize = 64 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct sigevent nothing = { .sigev_notify = SIGEV_NONE, .sigev_signo = 77 };
	struct timespec past = { 1, 500 }, bad = { 1, 2000000000 };
	unsigned int priority;
	long q;

	snprintf(name, sizeof(name), "ebpf-audit-diff-%d", wl_pid);
	q = CALL1(name, mq_open, P(name), O_RDWR | O_CREAT | O_EXCL, 0640, P(&attributes));
	CALL1(name, mq_open, P(name), O_RDWR | O_CREAT | O_EXCL, 0600, P(&attributes));
	CALL1(name, mq_open, P(name), O_RDONLY | O_NONBLOCK, 0, 0);
	CALL1(name, mq_open, P(name), O_WRONLY | O_CREAT, 0600, P(&wrong));
	CALL1(name, mq_open, P(name), O_WRONLY | O_CREAT, 0600, 1);
	CALL1("none", mq_open, P("none"), O_RDONLY, 0, 0);
	CALL1("a/b", mq_open, P("a/b"), O_RDWR | O_CREAT, 0600, 0);
	CALL(mq_open, 0, O_RDONLY, 0, 0);
	CALL(mq_notify, q, P(&event));
	CALL(mq_notify, q, 0);
	CALL(mq_notify, q, P(&nothing));
	CALL(mq_notify, q, 0);
	CALL(mq_notify, q, 1);
	CALL(mq_notify, 0, P(&nothing));
	CALL(mq_timedsend, q, P("message"), 7, 3, 0);
	CALL(mq_timedsend, q, P("message"), 5, 9, P(&past));
	CALL(mq_timedsend, q, P("message"), 65, 0, P(&past));
	CALL(mq_timedsend, q, P("message"), 5, 99999, 0);
	CALL(mq_timedsend, q, P("message"), 5, 1, P(&bad));
	CALL(mq_timedsend, q, P("message"), 5, 1, 1);
	CALL(mq_timedsend, 0, P("message"), 5, 1, 0);
	CALL(mq_timedsend, -1, P("message"), 5, 1, 0);
	CALL(mq_timedreceive, q, P(buffer), 64, P(&priority), 0);
	CALL(mq_timedreceive, q, P(buffer), 10, P(&priority), 0);
	CALL(mq_timedreceive, q, P(buffer), sizeof(buffer), 0, P(&past));
	CALL(mq_timedreceive, q, P(buffer), 64, 0, P(&past));
	CALL(mq_timedreceive, -1, P(buffer), 64, 0, 0);
	CALL(mq_getsetattr, q, 0, P(buffer));
	CALL(mq_getsetattr, q, P(&other), P(buffer));
	other.mq_flags = 0x7fffffff;
	other.mq_maxmsg = -5;
	other.mq_curmsgs = 3;
	CALL(mq_getsetattr, q, P(&other), 0);
	other.mq_flags = 0;
	CALL(mq_getsetattr, q, P(&other), 0);
	CALL(mq_getsetattr, -1, P(&other), 0);
	CALL(mq_getsetattr, q, 1, 0);
	CALL1(name, mq_unlink, P(name));
	CALL1(name, mq_unlink, P(name));
	CALL(mq_unlink, 0);
}

static void messages(void)
{
	struct { long type; char text[16]; } message = { 5, "text" };
	struct msqid_ds state;
	long id = CALL(msgget, IPC_PRIVATE, IPC_CREAT | 0640);

	CALL(msgsnd, id, P(&message), 4, 0);
	CALL(msgrcv, id, P(&message), 16, 0, IPC_NOWAIT);
	CALL(msgrcv, id, P(&message), 16, 0, IPC_NOWAIT);
	CALL(msgctl, id, IPC_STAT, P(&state));
	state.msg_perm.uid = 12;
	state.msg_perm.gid = 34;
	state.msg_perm.mode = 0604;
	state.msg_qbytes = 1000;
	CALL(msgctl, id, IPC_SET, P(&state));
	state.msg_perm.mode = 07777;
	state.msg_perm.uid = -1;
	CALL(msgctl, id, IPC_SET, P(&state));
	CALL(msgctl, id, IPC_SET, 1);
	CALL(msgctl, -1, IPC_SET, P(&state));
	CALL(msgctl, id, IPC_INFO, P(buffer));
	CALL(msgctl, id, 999, 0);
	CALL(msgctl, id, IPC_RMID, 0);
	CALL(msgctl, id, IPC_RMID, 0);
}

static void semaphores(void)
{
	struct sembuf up = { 0, 1, 0 }, down = { 0, -5, IPC_NOWAIT };
	struct timespec moment = { 0, 1 };
	struct semid_ds state;
	long id = CALL(semget, IPC_PRIVATE, 2, IPC_CREAT | 0600);

	CALL(semop, id, P(&up), 1);
	CALL(semop, id, P(&down), 1);
	CALL(semtimedop, id, P(&up), 1, P(&moment));
	CALL(semctl, id, 0, SETVAL, 3);
	CALL(semctl, id, 0, GETVAL, 0);
	CALL(semctl, id, 0, GETALL, P(buffer));
	CALL(semctl, id, 0, SETALL, P(buffer));
	CALL(semctl, id, 0, IPC_STAT, P(&state));
	state.sem_perm.mode = 0666;
	state.sem_perm.uid = 1;
	CALL(semctl, id, 0, IPC_SET, P(&state));
	CALL(semctl, id, 9, GETVAL, 0);
	CALL(semctl, id, 0, IPC_RMID, 0);
	CALL(semctl, id, 0, IPC_RMID, 0);
}

static void memory(void)
{
	struct shmid_ds state;
	long id = CALL(shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	long at = CALL(shmat, id, 0, 0);

	CALL(shmctl, id, IPC_STAT, P(&state));
	state.shm_perm.mode = 0444;
	state.shm_perm.gid = 99;
	CALL(shmctl, id, IPC_SET, P(&state));
	CALL(shmctl, id, SHM_LOCK, 0);
	CALL(shmctl, id, SHM_UNLOCK, 0);
	CALL(shmat, id, 1, 0);
	CALL(shmdt, at);
	CALL(shmctl, id, IPC_RMID, 0);
	CALL(shmctl, id, IPC_SET, P(&state));
	CALL(shmget, 0x77777777, 4096, 0);
}

/* Objects of somebody else: refused, and audit says whose they are. */
static void refused(void)
{
	struct msqid_ds state;
	long id = CALL(msgget, IPC_PRIVATE, IPC_CREAT | 0600);
	long shm = CALL(shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	long sem = CALL(semget, IPC_PRIVATE, 1, IPC_CREAT | 0600);

	CALL(msgctl, id, IPC_STAT, P(&state));
	CALL(setresuid, -1, 65534, -1);
	CALL(msgrcv, id, P(buffer), 16, 0, IPC_NOWAIT);
	CALL(msgctl, id, IPC_STAT, P(buffer));
	CALL(msgctl, id, IPC_SET, P(&state));
	CALL(msgctl, id, IPC_RMID, 0);
	CALL(shmat, shm, 0, 0);
	CALL(shmctl, shm, IPC_RMID, 0);
	CALL(semctl, sem, 0, GETVAL, 0);
	CALL(semctl, sem, 0, IPC_RMID, 0);
	CALL(setresuid, -1, 0, -1);
	CALL(msgctl, id, IPC_RMID, 0);
	CALL(shmctl, shm, IPC_RMID, 0);
	CALL(semctl, sem, 0, IPC_RMID, 0);
}

int main(int argc, char **argv)
{
	wl_enter(argc, argv);
	signal(SIGUSR1, SIG_IGN);
	wl_start();
	wl_mark(WL_BEGIN);
	posix();
	messages();
	semaphores();
	memory();
	refused();
	wl_mark(WL_END);
	wl_finish();
	return 0;
}
