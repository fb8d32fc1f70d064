// SPDX-License-Identifier: MIT
/* What the exec workloads start: it only tells whether it has words. Static, so that no loader is among the names of its exec. */
int main(int count, char **words)
{
	(void)words;
	return count ? 0 : 3;
}
