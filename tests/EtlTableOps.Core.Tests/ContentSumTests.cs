using System.Numerics;
using EtlTableOps.Checks;
using FsCheck;
using FsCheck.Fluent;

namespace EtlTableOps.Core.Tests;

public sealed class ContentSumTests
{
    private static readonly Arbitrary<ContentSum> Sums = (
        from rows in Gen.Choose(0, int.MaxValue)
        from first in ArbMap.Default.GeneratorFor<long>()
        from second in ArbMap.Default.GeneratorFor<long>()
        select new ContentSum(rows, (BigInteger)first * long.MaxValue, second)).ToArbitrary();

    [Fact]
    public void Contents_add_in_any_order_and_subtract_again()
    {
        Prop.ForAll(Sums, Sums, Sums, (a, b, c) =>
            a + b == b + a && a + b + c == a + (b + c) && a + b - b == a && a + ContentSum.Empty == a
            && ContentSum.Add(a, b) == a + b && ContentSum.Subtract(a, b) == a - b).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_the_journal_stores_is_read_back()
    {
        Prop.ForAll(Sums, Sums, (a, b) => ContentSum.Parse(a.ToString()) == a && ContentSum.Parse((a - b).ToString()) == a - b).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_pair_of_equal_rows_does_not_cancel()
    {
        var row = new ContentSum(1, 77, -5);
        Assert.NotEqual(ContentSum.Empty, row + row);
        Assert.NotEqual(row, row + row + row);
    }
}
