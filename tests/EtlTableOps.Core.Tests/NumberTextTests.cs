using System.Globalization;
using EtlTableOps.Engines;

namespace EtlTableOps.Core.Tests;

/// <summary>A floating-point number's text: the same number again from it, and the same text as PostgreSQL's.</summary>
public sealed class NumberTextTests
{
    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(-0.30000000000000004, "-0.30000000000000004")]
    [InlineData(1 / 33554432.0, "2.9802322387695312E-008")]
    [InlineData(-43310237781952096.0, "-4.3310237781952096E+016")]
    [InlineData(43310237781952104.0, "43310237781952104")]
    [InlineData(9007199254740992.0, "9007199254740992")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    [InlineData(double.Epsilon, "5E-324")]
    [InlineData(0.0, "0")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    public void It_is_the_shortest_that_no_neighbour_could_claim(double value, string text) => Assert.Equal(text, NumberText.Of(value));

    [Fact]
    public void Every_power_of_two_and_its_neighbours_read_back()
    {
        for (var exponent = -1074; exponent <= 1023; exponent++)
        {
            var power = Math.ScaleB(1, exponent);
            Assert.All([power, -power, Math.BitIncrement(power), Math.BitDecrement(power)], ReadsBack);
        }
    }

    [Fact]
    public void Numbers_made_by_chance_read_back()
    {
        for (var i = 0; i < 100_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(Random.Shared.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(value)) ReadsBack(value);
            ReadsBack(Math.Round(Random.Shared.NextDouble() * Math.Pow(10, Random.Shared.Next(15, 23))));
        }
    }

    private static void ReadsBack(double value) => Assert.True(value == double.Parse(NumberText.Of(value), CultureInfo.InvariantCulture), NumberText.Of(value));
}
