using System.Globalization;
using System.Text.RegularExpressions;
using EtlTableOps.Errors;

namespace EtlTableOps.Core.Tests;

public sealed class ErrorTextTests
{
    public static TheoryData<ErrorCode> Codes => [.. Enum.GetValues<ErrorCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_code_says_what_happened_and_what_to_do(ErrorCode code)
    {
        var (message, remedy) = EtlException.TextsOf(code);
        Assert.False(string.IsNullOrWhiteSpace(message));
        Assert.False(string.IsNullOrWhiteSpace(remedy));
        Assert.Matches(@"[.!:}]$", remedy);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_place_of_a_text_is_filled_from_the_arguments(ErrorCode code)
    {
        var places = Places(code);
        Assert.Equal(Enumerable.Range(0, places.Count), places);
        var error = new EtlException(code, [.. places.Select(i => (object)string.Create(CultureInfo.InvariantCulture, $"<{i}>"))]);
        Assert.DoesNotContain('{', error.Message);
        Assert.DoesNotContain('{', error.Remedy);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Wherever_an_error_is_made_it_is_given_all_that_its_text_needs(ErrorCode code)
    {
        var needed = Places(code).Count;
        var tooFew = ErrorSites.InSource().Where(s => s.Code == code.ToString() && s.Arguments < needed).Select(s => $"{s.Place}: {s.Arguments} of {needed}");
        Assert.Empty(tooFew);
    }

    [Fact]
    public void The_sites_where_errors_are_made_are_found()
    {
        Assert.True(ErrorSites.InSource().Count > 20);
        Assert.Equal(2, ErrorSites.Count("e, $\"a, {x(1, 2)}\", new[] { 1, 2 })"));
        Assert.Equal(0, ErrorSites.Count(")"));
        Assert.Equal(3, ErrorSites.Count("\"a)b\", '(', f(a, (b, c)))"));
    }

    private static List<int> Places(ErrorCode code)
    {
        var (message, remedy) = EtlException.TextsOf(code);
        return [.. Regex.Matches(message + remedy, @"\{(\d+)").Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct().Order()];
    }
}
