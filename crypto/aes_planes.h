/* AES on bit planes: eight words, word i with bit i of each byte of some blocks, the rows of the state one
 * above the other. What includes this has said what a plane is, and how many bits a row takes in it:
 *
 *   typedef uint64_t plane;
 *   enum { ROW_BITS = 16 };
 */
#ifndef CV_AES_PLANES_H
#define CV_AES_PLANES_H

enum { N_PLANES = 8, PLANE_BITS = 4 * ROW_BITS };

/* Swaps the bits of *b under mask with those of *a that stand `shift` above them. */
static inline void swap_bits(plane *a, plane *b, plane mask, unsigned shift)
{
    plane t = (*a >> shift ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Exchanges word number and bit number within each byte; its own inverse. */
static void transpose(plane q[N_PLANES])
{
    for (int i = 0; i < 8; i += 2) swap_bits(&q[i], &q[i + 1], (plane)0x5555555555555555, 1);
    for (int i = 0; i < 8; i += 4) {
        swap_bits(&q[i], &q[i + 2], (plane)0x3333333333333333, 2);
        swap_bits(&q[i + 1], &q[i + 3], (plane)0x3333333333333333, 2);
    }
    for (int i = 0; i < 4; i++) swap_bits(&q[i], &q[i + 4], (plane)0x0f0f0f0f0f0f0f0f, 4);
}

/* SubBytes: the circuit of Boyar and Peralta, "A new combinational logic minimization technique with
 * applications to cryptology" (IACR ePrint 2009/191), 115 gates; its names, x0 and s0 the high bits. */
static void sub_bytes(plane q[N_PLANES])
{
    const plane x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4], x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];

    /* Into the tower field GF(((2^2)^2)^2), with shared sums. */
    const plane y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5;
    const plane t0 = x1 ^ x2, y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14;
    const plane y2 = y1 ^ x0, y5 = y1 ^ x6, y3 = y5 ^ y8, t1 = x4 ^ y12;
    const plane y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7, y10 = y15 ^ t0;
    const plane y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
    const plane y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;

    /* Inversion. */
    const plane t2 = y12 & y15, t4 = (y3 & y6) ^ t2, t6 = (y4 & x7) ^ t2;
    const plane t7 = y13 & y16, t9 = (y5 & y1) ^ t7, t11 = (y2 & y7) ^ t7;
    const plane t12 = y9 & y11, t14 = (y14 & y17) ^ t12, t16 = (y8 & y10) ^ t12;
    const plane t21 = t4 ^ t14 ^ y20, t22 = t6 ^ t16 ^ y19;
    const plane t23 = t9 ^ t14 ^ y21, t24 = t11 ^ t16 ^ y18;
    const plane t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t29 = (t25 & t27) ^ t22;
    const plane t30 = t23 ^ t24, t31 = t22 ^ t26, t33 = (t31 & t30) ^ t24;
    const plane t34 = t23 ^ t33, t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34;
    const plane t38 = t27 ^ t36, t40 = t25 ^ (t29 & t38);
    const plane t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37, t45 = t42 ^ t41;

    const plane z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1, z5 = t29 & y7;
    const plane z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3;
    const plane z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2, z15 = t42 & y9;
    const plane z16 = t45 & y14, z17 = t41 & y8;

    /* Back, and the affine map. */
    const plane t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10, t50 = z2 ^ z12;
    const plane t51 = z2 ^ z5, t52 = z7 ^ z8, t53 = z0 ^ z3, t54 = z6 ^ z7, t55 = z16 ^ z17;
    const plane t56 = z12 ^ t48, t57 = t50 ^ t53, t58 = z4 ^ t46, t59 = z3 ^ t54, t60 = t46 ^ t57;
    const plane t61 = z14 ^ t57, t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z4 ^ t59, t65 = t61 ^ t62;
    const plane t66 = z1 ^ t63, s3 = t53 ^ t66;
    q[7] = t59 ^ t63;
    q[6] = t64 ^ ~s3;
    q[5] = t55 ^ ~(t64 ^ t65);
    q[4] = s3;
    q[3] = t51 ^ t66;
    q[2] = t47 ^ t65;
    q[1] = t56 ^ ~t62;
    q[0] = t48 ^ ~t60;
}

static inline plane rotr(plane x, unsigned n)
{
    return x >> n | x << (PLANE_BITS - n);
}

/* Each byte a with those below it, b, c, d, becomes 2(a + b) + b + (c + d). */
static void mix_columns(plane q[N_PLANES])
{
    const plane carry = q[7] ^ rotr(q[7], ROW_BITS); /* x^8 = x^4 + x^3 + x + 1 */
    plane twice = 0;
    for (int i = 0; i < N_PLANES; i++) {
        const plane below = rotr(q[i], ROW_BITS), sum = q[i] ^ below;
        q[i] = twice ^ below ^ rotr(sum, 2 * ROW_BITS);
        twice = sum;
    }
    q[0] ^= carry;
    q[1] ^= carry;
    q[3] ^= carry;
    q[4] ^= carry;
}

#endif
