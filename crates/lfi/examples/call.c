/* A library without a header, to be called from Rust: call.rs. */
int add(int a, int b)
{
    return a + b;
}

double scale(double x, float by, short times)
{
    while (times-- > 0)
        x *= by;
    return x;
}
