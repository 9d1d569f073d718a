// What the sources in live figures ask of MPI. A figure that needs a call brings it, for all its ranks in one process.
#pragma once
using MPI_Comm = int;
using MPI_Request = int;
using MPI_Datatype = int;
struct MPI_Status {};
enum { MPI_SUCCESS, MPI_COMM_WORLD, MPI_FLOAT, MPI_SUM, MPI_THREAD_SINGLE, MPI_PROC_NULL = -1 };
#define MPI_IN_PLACE nullptr
#define MPI_STATUS_IGNORE nullptr
#define MPI_STATUSES_IGNORE nullptr
int MPI_Comm_rank(MPI_Comm, int* rank);
int MPI_Comm_size(MPI_Comm, int* ranks);
int MPI_Send(const void* data, int n, MPI_Datatype, int to, int tag, MPI_Comm);
int MPI_Recv(void* data, int n, MPI_Datatype, int from, int tag, MPI_Comm, MPI_Status*);
int MPI_Isend(const void* data, int n, MPI_Datatype, int to, int tag, MPI_Comm, MPI_Request*);
int MPI_Irecv(void* data, int n, MPI_Datatype, int from, int tag, MPI_Comm, MPI_Request*);
int MPI_Wait(MPI_Request*, MPI_Status*), MPI_Waitall(int n, MPI_Request*, MPI_Status*);
int MPI_Testall(int n, MPI_Request*, int* done, MPI_Status*);
int MPI_Allreduce(const void* in, void* out, int n, MPI_Datatype, int op, MPI_Comm);
