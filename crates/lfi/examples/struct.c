/* Structures by value: struct.rs. */
enum unit { METRES, FEET };

struct point {
    double x, y;
};

struct box {
    struct point corner[2];
    enum unit unit;
};

struct point centre(struct box b)
{
    return (struct point){ (b.corner[0].x + b.corner[1].x) / 2, (b.corner[0].y + b.corner[1].y) / 2 };
}

/* Larger than two registers: the result goes through memory. */
struct box in_metres(struct box b)
{
    if (b.unit == FEET)
        for (int i = 0; i < 2; i++) {
            b.corner[i].x *= 0.25;
            b.corner[i].y *= 0.25;
        }
    b.unit = METRES;
    return b;
}
