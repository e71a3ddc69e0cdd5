using System.Runtime.Loader;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake.Tests.Connecting;

public sealed class DriverTests : IDisposable
{
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task A_missing_driver_is_one_error_that_says_what_to_do()
    {
        var engine = new SnowflakeEngine(null, files.Surroundings with { Variables = new Dictionary<string, string> { ["ETLTABLEOPS_SNOWFLAKE_DRIVER"] = files.Home } });
        var failure = await Assert.ThrowsAsync<EtlException>(() => engine.OpenAsync(new ConnectionTarget("account=a;user=u;password=hidden"), CancellationToken.None));
        Assert.Equal(ErrorCode.DriverMissing, failure.Code);
        Assert.Contains(files.Home, failure.Message, StringComparison.Ordinal);
        Assert.Contains("ETLTABLEOPS_SNOWFLAKE_DRIVER", failure.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_library_is_told_as_a_missing_driver()
    {
        var file = files.Write("Snowflake.Data.dll", "no library");
        Assert.Contains(file, Missing(files.Home), StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_without_the_factory_is_told_as_a_missing_driver()
    {
        File.Copy(typeof(DriverTests).Assembly.Location, Path.Combine(files.Home, "Snowflake.Data.dll"));
        Assert.Contains("could not be loaded", Missing(files.Home), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tool/drivers/snowflake", "tool")]
    [InlineData("module/drivers/snowflake", "module/bin")]
    [InlineData("named", null)]
    public void The_driver_is_loaded_from_its_folder_into_a_context_of_its_own(string folder, string? beside)
    {
        var place = Path.Combine(files.Home, folder);
        Directory.CreateDirectory(place);
        File.Copy(FakeDriver, Path.Combine(place, "Snowflake.Data.dll"));
        var factory = SnowflakeDriver.Load(beside is null ? place : null, Path.Combine(files.Home, beside ?? ""));
        var assembly = factory.GetType().Assembly;
        Assert.Equal(Path.Combine(place, "Snowflake.Data.dll"), assembly.Location);
        Assert.Equal("EtlTableOps.Snowflake", AssemblyLoadContext.GetLoadContext(assembly)!.Name);
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, a => a.GetName().Name == "Snowflake.Data");
        Assert.Same(factory, SnowflakeDriver.Load(Path.Combine(place, "Snowflake.Data.dll"), ""));
    }

    private static string FakeDriver => Path.Combine(AppContext.BaseDirectory, "fake-driver", "Snowflake.Data.dll");

    private static string Missing(string named)
    {
        var failure = Assert.Throws<EtlException>(() => SnowflakeDriver.Load(named, ""));
        Assert.Equal(ErrorCode.DriverMissing, failure.Code);
        return failure.Message;
    }
}
