using EtlTableOps.Errors;
using EtlTableOps.Tables;
using FsCheck;
using FsCheck.Fluent;

namespace EtlTableOps.Core.Tests;

public sealed class TableNameTests
{
    /// <summary>Names as hostile as a database allows them: quotes, dots, blanks, other alphabets, reserved words, SQL.</summary>
    private static readonly Gen<string> Names = Gen.Elements("a", "B", "_", "$", "1", "\"", ".", " ", ";", "--", "'", "é", "価", "🐦", "select", "\t", "\\", "[", "]", "`", "%")
        .NonEmptyListOf().Select(string.Concat);

    [Theory]
    [InlineData("allevents", null, "allevents")]
    [InlineData("AllEvents", null, "allevents")]
    [InlineData("Sales.AllEvents", "sales", "allevents")]
    [InlineData("\"All Events\"", null, "All Events")]
    [InlineData("\"Sales\".\"All.Events\"", "Sales", "All.Events")]
    [InlineData("\"a\"\"b\"", null, "a\"b")]
    [InlineData("bird strikes", null, "bird strikes")]
    [InlineData("Bird Strikes", null, "Bird Strikes")]
    [InlineData(" sales . allevents ", "sales", "allevents")]
    [InlineData("\" x \"", null, " x ")]
    public void A_name_is_read_as_its_user_means_it(string text, string? schema, string name) =>
        Assert.Equal(new TableName(schema, name), TableName.Parse(text, IdentifierFolding.Lower));

    [Theory]
    [InlineData("AllEvents", IdentifierFolding.Keep, "AllEvents")]
    [InlineData("AllEvents", IdentifierFolding.Lower, "allevents")]
    [InlineData("AllEvents", IdentifierFolding.Upper, "ALLEVENTS")]
    [InlineData("\"AllEvents\"", IdentifierFolding.Upper, "AllEvents")]
    public void Only_a_name_without_quotes_is_folded(string text, IdentifierFolding folding, string name) =>
        Assert.Equal(name, TableName.Parse(text, folding).Name);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\"\"")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a.b.c")]
    [InlineData("\"a")]
    [InlineData("a\"b\"")]
    [InlineData("a\0b")]
    [InlineData("\"a\"b")]
    [InlineData("\"a\"b\"c\"")]
    public void What_is_no_name_is_bad_input(string text) =>
        Assert.Equal(ErrorCode.BadInput, Assert.Throws<EtlException>(() => TableName.Parse(text, IdentifierFolding.Lower)).Code);

    [Fact]
    public void A_name_in_quotes_is_kept_to_the_letter()
    {
        Prop.ForAll(Names.ToArbitrary(), name =>
            TableName.Parse(Quoted(name), IdentifierFolding.Upper) == new TableName(null, name)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_shown_is_read_back_as_the_same_table()
    {
        var names = from schema in Names from name in Names select new TableName(schema, name);
        Prop.ForAll(names.ToArbitrary(), name => TableName.Parse(name.ToString(), IdentifierFolding.Keep) == name).QuickCheckThrowOnFailure();
    }

    private static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
