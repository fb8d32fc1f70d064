// SPDX-License-Identifier: MIT
/* What the exec workloads start: it does nothing. Static, so that no loader is among the names of its exec. */
int main(void)
{
	return 0;
}
