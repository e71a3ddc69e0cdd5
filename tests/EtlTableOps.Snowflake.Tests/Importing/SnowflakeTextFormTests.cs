using System.Globalization;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake.Tests.Importing;

public sealed class SnowflakeTextFormTests
{
    public static TheoryData<string, object, string> Values => new()
    {
        { "NUMBER(38,0)", 42L, "42" },
        { "NUMBER(38,0)", " 042 ", "042" },
        { "NUMBER(38,0)", "12.00", "12.00" },
        { "NUMBER(38,0)", "1.5e1", "1.5e1" },
        { "NUMBER(38,0)", "-99999999999999999999999999999999999999", "-99999999999999999999999999999999999999" },
        { "NUMBER(38,0)", true, "1" },
        { "NUMBER(38,0)", "0e999999", "0" },
        { "NUMBER(5,2)", 999.99m, "999.99" },
        { "NUMBER(5,2)", "0.005", "0.005" },
        { "NUMBER(2,4)", "0.00", "0" },
        { "FLOAT", 0.1, "0.1" },
        { "FLOAT", double.NegativeInfinity, "-inf" },
        { "FLOAT", "NAN", "NaN" },
        { "BOOLEAN", true, "true" },
        { "BOOLEAN", "No", "false" },
        { "DATE", new DateOnly(2026, 11, 20), "2026-11-20" },
        { "DATE", new DateTime(2026, 11, 20), "2026-11-20" },
        { "DATE", "2026-11-20T00:00:00.000", "2026-11-20" },
        { "TIME(9)", new TimeOnly(20, 15), "20:15:00.0000000" },
        { "TIME(9)", "20:15", "20:15:00" },
        { "TIMESTAMP_NTZ(9)", "2026-11-20 20:15:00.123456789", "2026-11-20T20:15:00.123456789" },
        { "TIMESTAMP_NTZ(9)", "2026-11-20T20:15:00Z", "2026-11-20T20:15:00" },
        { "TIMESTAMP_NTZ(9)", new DateTime(2026, 11, 20, 20, 15, 0, DateTimeKind.Utc), "2026-11-20T20:15:00.0000000" },
        { "TIMESTAMP_NTZ(9)", "2026-11-20", "2026-11-20T00:00:00" },
        { "TIMESTAMP_TZ(9)", new DateTimeOffset(2026, 11, 20, 20, 15, 0, TimeSpan.FromMinutes(330)), "2026-11-20T20:15:00.0000000+05:30" },
        { "TIMESTAMP_LTZ(9)", "2026-11-20 20:15:00 +0100", "2026-11-20T20:15:00+01:00" },
        { "TIMESTAMP_LTZ(9)", "2026-11-20 20:15", "2026-11-20T20:15:00+00:00" },
        { "VARCHAR(2)", "😀😀", "😀😀" },
        { "VARCHAR(16777216)", 0.5, "0.5" },
        { "BINARY(10)", new byte[] { 1, 0xAB }, "01AB" },
        { "BINARY(10)", "0x01ab", "01ab" },
        { "VARIANT", "{\"a\": [1, null]}", "{\"a\": [1, null]}" },
        { "VARIANT", 5, "5" },
        { "ARRAY", "[1]", "[1]" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_has_one_text_on_every_machine(string type, object value, string text)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
        try
        {
            Assert.Equal(text, Form(type).Write(value));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("VARIANT", "PARSE_JSON($1)")]
    [InlineData("ARRAY", "PARSE_JSON($1)::ARRAY")]
    [InlineData("VECTOR(FLOAT, 3)", "PARSE_JSON($1)::VECTOR(FLOAT, 3)")]
    [InlineData("BINARY(8)", "TO_BINARY($1, 'HEX')")]
    [InlineData("GEOGRAPHY", "TO_GEOGRAPHY($1)")]
    [InlineData("DATE", "$1")]
    public void A_type_that_has_no_text_of_its_own_is_made_by_an_expression(string type, string expression) =>
        Assert.Equal(expression, Form(type).Read("$1"));

    internal static string Good(string type) => type[..3] switch
    {
        "DAT" or "TIM" when type.StartsWith("TIME(", StringComparison.Ordinal) => "10:00",
        "DAT" or "TIM" => "2026-01-01",
        "BOO" => "true",
        "OBJ" => "{}",
        "BIN" => "00",
        _ => "1",
    };

    private static SnowflakeTextForm Form(string type) => SnowflakeTextForm.Of(new Column("C", type, true));
}
