/* SPDX-License-Identifier: MIT */
/* What the exec load runs: linked statically, so that an exec is one exec and nothing else. */
int main(void)
{
	return 0;
}
